import type { RedisClient } from 'fairshare/redis';
import { seededRandom } from '../fairness/random.js';
import { resolveQueueOptions } from '../queue.options.js';
import type { NewJob } from '../store/scripts/enqueue-jobs.js';
import type { Outcome, OutcomeKind } from '../store/scripts/finish-runs.js';
import { QueueShard } from '../store/queue-shard.js';
import { brokenInvariants } from './check-invariants.js';
import { clockedRedis, setTestClock } from './clocked-redis.js';
import { dumpShard, type DumpedShard } from './dump-shard.js';
import { type ModelJob, ModelQueue, type ModelTenant } from './model-queue.js';

const LEASE_MS = 1_000;
const MAX_LOST = 2;
const BOUNDS = { maxTotalJobs: 400, maxTenantJobs: 60 };
const KINDS: readonly OutcomeKind[] = [
  'succeeded',
  'succeeded',
  'succeeded',
  'dead',
  'retry',
  'retry',
  'back',
  'park',
];

export interface Play {
  readonly seed: number;
  readonly operations: number;
  readonly name: string;
}

/**
 * Plays random operations on the scripts and on the model; throws, with the seed, where they differ in an answer, in
 * whose turn it is, or in the last bit of a tag, and where an invariant breaks.
 */
export async function playQueue(redis: RedisClient, { seed, operations, name }: Play): Promise<void> {
  const random = seededRandom(seed);
  const pick = (size: number) => Math.floor(random() * size);
  const oneOf = <Item>(items: readonly Item[]): Item | undefined => items[pick(items.length)];
  // Half the plays bring the dead back, the others forget them for want of room.
  const revives = seed % 2 === 0;
  const kept = revives ? { keepEndedMs: 0, maxEnded: 100_000 } : { maxEnded: 50 };
  const maxRunning = oneOf([0, 7])!;
  const options = resolveQueueOptions({ name, ...BOUNDS, ...kept, maxRunning, maxLost: MAX_LOST });
  const shard = new QueueShard(clockedRedis(redis), options, 0);
  const model = new ModelQueue();
  model.maxRunning = maxRunning;
  model.maxLost = MAX_LOST;
  const tokens = new Map<string, number>();
  const tenantIds = Array.from({ length: 8 }, (_, index) => `tenant{${index}}`);
  let step = 0;
  let jobs = 0;

  const fail = (what: string): never => {
    throw new Error(`seed ${seed}, step ${step}: ${what}`);
  };
  const same = (what: string, actual: unknown, wanted: unknown) => {
    if (JSON.stringify(actual) !== JSON.stringify(wanted)) {
      fail(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
    }
  };
  const running = () => [...model.jobs.values()].filter(({ place }) => place === 'running');
  const knownTenant = () => oneOf(tenantIds.filter((id) => model.isKnown(id)));

  const enqueue = async () => {
    const batch = Array.from({ length: 1 + pick(5) }, (): NewJob => {
      const tenantId = oneOf(tenantIds)!;
      const again =
        random() < 0.03 ? oneOf([...model.jobs.keys(), ...(revives ? model.dead.keys() : [])]) : undefined;
      return {
        jobId: again ?? `job-${(jobs += 1)}`,
        tenantId: random() < 0.05 ? `fresh-${jobs}` : tenantId,
        dedupeKey: random() < 0.2 ? `key-${pick(10)}` : '',
        name: 'work',
        payload: '{"some":"thing"}',
        cost: 1 + pick(oneOf([1, 10, 1000])!),
        weight: random() < 0.3 ? 1 + pick(5) : 0,
        priority: random() < 0.2 ? pick(5) - 2 : 0,
        delayMs: random() < 0.1 ? 1 + pick(2_000) : 0,
        ttlMs: random() < 0.1 ? 1 + pick(3_000) : 0,
        maxAttempts: 1 + pick(3),
        maxRunMs: 0,
        maxDepth: 60,
        attemptsUsed: 0,
      };
    });
    const answers = await shard.enqueue(batch);
    batch.forEach((job, index) => {
      const depth = model.isKnown(job.tenantId)
        ? model.tenant(job.tenantId).line.length + model.tenant(job.tenantId).delayed
        : 0;
      const known = model.known(job.jobId, job.tenantId, job.dedupeKey);
      const isFull = model.jobs.size >= BOUNDS.maxTotalJobs;
      const refusal = depth >= job.maxDepth ? 'tenant_queue_full' : isFull ? 'queue_full' : undefined;
      const wanted = known ? 'known' : (refusal ?? 'added');
      same(`enqueue ${job.jobId}`, answers[index]!.code, wanted);
      if (known) same('who it is known as', answers[index]!.knownId, known.id);
      if (wanted === 'added') {
        model.add(job.jobId, job.tenantId, { ...job, delay: job.delayMs, ttl: job.ttlMs });
      }
    });
  };
  const sameClaims = (
    what: string,
    claims: readonly { kind: string; token: number; attempts: number; record: { jobId: string } }[],
    wanted: readonly ModelJob[],
    kindOf: (job: ModelJob) => string,
  ) => {
    same(
      what,
      claims.map(({ kind, attempts, record }) => [record.jobId, kind, attempts]),
      wanted.map((job) => [job.id, kindOf(job), job.attempts]),
    );
    for (const { token, record } of claims) {
      if (token <= (tokens.get(record.jobId) ?? 0))
        same('token of a returned job', token, tokens.get(record.jobId));
      tokens.set(record.jobId, token);
    }
  };
  const claim = async () => {
    const limit = 1 + pick(4);
    const wanted = model.claim(limit, LEASE_MS);
    sameClaims('claim', (await shard.claim(limit, LEASE_MS)).claims, wanted, ({ kind }) => kind);
  };
  const finish = async () => {
    const done = running().filter(() => random() < 0.4);
    const limit = pick(4);
    const outcomes = done.map((job): Outcome => {
      const kind = job.kind === 'run' ? oneOf(KINDS)! : 'dead';
      const timeMs =
        kind === 'retry' ? pick(2_000) : kind === 'park' ? oneOf([0, model.now + 1 + pick(3_000)])! : 0;
      const trueCost = random() < 0.3 ? pick(job.cost * 3) : undefined;
      return {
        jobId: job.id,
        token: tokens.get(job.id)!,
        kind,
        trueCost,
        timeMs,
        wakes: job.wakes,
        text: '{"message":"x"}',
      };
    });
    const late: Outcome = { jobId: 'job-1', token: 1, kind: 'succeeded', text: '' };
    const answer = await shard.finish([...outcomes, late], limit, LEASE_MS);
    const wanted = outcomes.map(({ kind, trueCost, timeMs }, index) =>
      model.finish(done[index]!, kind, trueCost, timeMs ?? 0),
    );
    same('finish', answer.codes, [...wanted, 'lost']);
    const claimed = limit > 0 ? model.claim(limit, LEASE_MS) : [];
    sameClaims('finish and claim', answer.claims, claimed, ({ kind }) => kind);
  };
  const reap = async () => {
    const { claims } = await shard.reap(LEASE_MS);
    const wanted = model.reap(100, LEASE_MS);
    const before = new Map(tokens);
    sameClaimsOfReap(claims, wanted, before);
  };
  const sameClaimsOfReap = (
    claims: readonly { kind: string; token: number; attempts: number; record: { jobId: string } }[],
    wanted: readonly ModelJob[],
    _before: ReadonlyMap<string, number>,
  ) => {
    same(
      'reap',
      claims.map(({ kind, record }) => [record.jobId, kind]),
      wanted.map((job) => [job.id, job.place === 'running' ? job.kind : 'run']),
    );
    for (const { kind, token, record } of claims) if (kind !== 'run') tokens.set(record.jobId, token);
  };
  const cancel = async () => {
    const job = oneOf([...model.jobs.values()]);
    if (!job) return;
    same('cancel', (await shard.cancel(job.id, '')).reply, model.cancel(job));
  };
  const steer = async () => {
    const id = knownTenant();
    if (id === undefined) return;
    const tenant = model.tenant(id);
    switch (pick(8)) {
      case 0:
        tenant.paused = true;
        await shard.pause(id);
        break;
      case 1:
      case 2:
        tenant.paused = false;
        await shard.resume(id);
        break;
      case 3: {
        const until = oneOf([0, model.now + 1 + pick(2_000)])!;
        model.park(tenant, until || Infinity);
        await shard.park(id, until, 'because');
        break;
      }
      case 4:
      case 5:
        tenant.wakes += 1;
        model.unpark(tenant);
        await shard.unpark(id);
        break;
      case 6: {
        const weight = 1 + pick(6);
        model.weigh(tenant, weight);
        await shard.weigh(id, weight);
        break;
      }
      default:
        tenant.cap = pick(4);
        tenant.capped = false;
        await shard.cap(id, tenant.cap);
    }
    model.place(tenant);
  };
  const purge = async () => {
    const id = knownTenant();
    if (id !== undefined) same('purge', await shard.purge(id), model.purge(model.tenant(id)));
  };
  const requeue = async () => {
    const id = oneOf(tenantIds)!;
    const wanted = model.requeue(id, { maxDepth: BOUNDS.maxTenantJobs, maxTotalJobs: BOUNDS.maxTotalJobs });
    same('requeue', await shard.requeueDead(id, ''), wanted);
  };
  const steerAll = async () => {
    if (random() < 0.6) {
      model.paused = !model.paused;
      return model.paused ? shard.pauseAll() : shard.resumeAll();
    }
    const parked = model.unparkAll();
    same('unpark all', await shard.unparkAll(), parked.length);
    // They come back in the order in which Redis happens to keep them.
    const { tenants } = await dumpShard(redis, shard.keys);
    const entry = (tenant: ModelTenant) => tenants.get(tenant.id)!.entry;
    for (const tenant of parked.sort((a, b) => entry(a) - entry(b))) model.place(tenant);
  };
  const advance = async () => {
    model.now += pick(random() < 0.1 ? 1_500 : 100);
    await setTestClock(redis, shard.keys.shard, model.now);
  };

  await setTestClock(redis, shard.keys.shard, model.now);
  for (step = 0; step < operations; step++) {
    const roll = random();
    if (roll < 0.26) await enqueue();
    else if (roll < 0.48) await claim();
    else if (roll < 0.72) await finish();
    else if (roll < 0.76) await reap();
    else if (roll < 0.79) await cancel();
    else if (roll < 0.86) await steer();
    else if (roll < 0.862) await purge();
    else if (roll < 0.866 && revives) await requeue();
    else if (roll < 0.872 || (model.paused && roll < 0.9)) await steerAll();
    else await advance();
    if (step % 25 === 0) {
      const dump = await dumpShard(redis, shard.keys);
      const broken = [...brokenInvariants(dump), ...differences(dump, model, tenantIds)];
      if (broken.length > 0) fail(broken.join('; '));
    }
  }
  await redis.del(...Object.values(shard.keys), `${shard.keys.shard}:test-clock`);
}

/** Bit for bit: Object.is, no tolerance. */
function differences(dump: DumpedShard, model: ModelQueue, tenantIds: readonly string[]): string[] {
  const found: string[] = [];
  if (dump.shard && !Object.is(dump.shard.clock, model.schedule.virtualTime)) {
    found.push(`virtual time ${dump.shard.clock} instead of ${model.schedule.virtualTime}`);
  }
  for (const id of tenantIds) {
    const actual = dump.tenants.get(id)?.tag;
    const wanted = model.schedule.tenant(id)?.tag;
    if (!Object.is(actual, wanted)) found.push(`tag of ${id} ${actual} instead of ${wanted}`);
  }
  if (dump.tenants.size !== model.schedule.knownCount) {
    found.push(`${dump.tenants.size} tenants instead of ${model.schedule.knownCount}`);
  }
  return found;
}
