import { BackgroundPrisma, LookupPrisma, PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { createQuota, PrismaLimitSource } from 'fairshare/quota';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import type { Environment } from '../config/environment.js';
import { JobJournal } from '../jobs/job-journal.js';
import { QueuePauses } from '../queue/queue-pauses.js';
import { PrismaUsageLedger } from '../usage/prisma-usage-ledger.js';
import { UsageBuffer } from '../usage/usage-buffer.js';
import { UsageWriter } from '../usage/usage-writer.js';
import { CompareCounters } from './compare-counters.js';
import { CompareDead } from './compare-dead.js';
import { CompareJournal } from './compare-journal.js';
import { ComparePauses } from './compare-pauses.js';
import { CompareQueue } from './compare-queue.js';
import type { Divergence } from './pass.js';
import { ReconcilerLease } from './reconciler-lease.js';
import { Reconciliation, type ReconciliationRequest } from './reconciliation.js';
import { RedisMemory } from './redis-memory.js';

/** What may only be on its way when the first pass looks has come when the second one does; in ms. */
const BETWEEN_PASSES_MS = 2_000;
const CONNECT_MS = 5_000;
/** A node that compares is soon done. */
const BUSY_MS = 500;

/** Looks twice at everything from outside the service, which may run; changes nothing unless it `repairs`. */
export async function examine(
  environment: Environment,
  { repairs }: { readonly repairs: boolean },
): Promise<readonly Divergence[]> {
  const parts = partsOf(environment);
  try {
    await redisReady(parts.redis, CONNECT_MS);
    await turn(parts.reconciliation, { repairs: false });
    await pause(BETWEEN_PASSES_MS);
    return await turn(parts.reconciliation, { repairs });
  } finally {
    await parts.close();
  }
}

async function turn(
  reconciliation: Reconciliation,
  request: ReconciliationRequest,
): Promise<readonly Divergence[]> {
  for (;;) {
    const divergences = await reconciliation.compare(request);
    if (divergences) return divergences;
    await pause(BUSY_MS);
  }
}

/** What the service itself compares with, without the rest of it. */
function partsOf({
  DATABASE_URL: url,
  REDIS_URL,
  REDIS_KEY_PREFIX: prefix,
  MAX_TOTAL_QUEUE_SIZE: maxTotalJobs,
}: Environment) {
  const database = { url, maxConnections: 3 };
  const [prisma, lookup, background] = [
    new PrismaService(database),
    new LookupPrisma(database),
    new BackgroundPrisma(database),
  ];
  const redis = connectRedis({ url: REDIS_URL, name: 'fairshare-doctor' });
  const queue = new FairQueue(redis, { keyPrefix: prefix, maxTotalJobs });
  const journal = new JobJournal(prisma, background);
  const buffer = new UsageBuffer();
  const writer = new UsageWriter(buffer, background);
  const { service: quota } = createQuota(redis, {
    limits: new PrismaLimitSource(lookup),
    ledger: new PrismaUsageLedger(prisma, buffer),
    keyPrefix: `${prefix}:quota`,
    deadlineMs: CONNECT_MS,
  });
  const reconciliation = new Reconciliation(
    new CompareJournal(queue, journal),
    new CompareQueue(queue, journal),
    new CompareDead(queue, journal),
    new ComparePauses(queue, new QueuePauses(prisma), background),
    new CompareCounters(background, quota, buffer, writer),
    new RedisMemory(redis),
    new ReconcilerLease(background),
  );
  const close = async () => {
    await queue.close();
    await closeRedis(redis);
    await Promise.all([prisma, lookup, background].map((client) => client.$disconnect()));
  };
  return { redis, reconciliation, close };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
