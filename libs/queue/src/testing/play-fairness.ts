import type { RedisClient } from 'fairshare/redis';
import { seededRandom } from '../fairness/random.js';
import { resolveQueueOptions } from '../queue.options.js';
import type { Claim } from '../store/records/claim.js';
import type { NewJob } from '../store/scripts/enqueue-jobs.js';
import type { Outcome } from '../store/scripts/finish-runs.js';
import { QueueShard } from '../store/queue-shard.js';
import { clockedRedis, setTestClock } from './clocked-redis.js';
import { FairShares, type Share } from './fair-shares.js';
import type { Play } from './play-queue.js';

const LEASE_MS = 1_000;
const KINDS = ['succeeded', 'succeeded', 'succeeded', 'dead', 'retry'] as const;

/**
 * Random arrivals, blockings, retries and lost workers on the scripts alone; throws, with the seed, where two tenants
 * that both had work were served further apart than promised. Knows nothing of tags: only of what was claimed.
 */
export async function playFairness(
  redis: RedisClient,
  { seed, operations, name }: Play,
): Promise<{ checks: number; closest: number }> {
  const random = seededRandom(seed);
  const pick = (size: number) => Math.floor(random() * size);
  const oneOf = <Item>(items: readonly Item[]): Item => items[pick(items.length)]!;
  const bounds = { maxTotalJobs: 2_000, maxTenantJobs: 500, maxEnded: 10 };
  const options = resolveQueueOptions({ name, ...bounds, maxRunning: oneOf([0, 6]) });
  const shard = new QueueShard(clockedRedis(redis), options, 0);
  const tenants = Array.from({ length: 2 + pick(7) }, (_, index): Share => {
    return { id: `t${index}`, weight: 1 + pick(5), maxCost: 1 + pick(oneOf([1, 10, 1_000])) };
  });
  const shares = new FairShares(tenants);
  const running = new Map<string, Claim>();
  let now = 1_000_000;
  let jobs = 0;
  let ready = new Set<string>();

  const arrive = async () => {
    const { id: tenantId, weight, maxCost } = oneOf(tenants);
    const batch = Array.from({ length: 1 + pick(6) }, (): NewJob => {
      const limits = { maxAttempts: 1 + pick(4), maxRunMs: 0, maxDepth: 500, attemptsUsed: 0 };
      const times = {
        delayMs: random() < 0.1 ? 1 + pick(1_500) : 0,
        ttlMs: random() < 0.05 ? 1 + pick(3_000) : 0,
      };
      const priority = random() < 0.2 ? pick(5) - 2 : 0;
      const text = { dedupeKey: '', name: 'work', payload: '1' };
      const cost = 1 + pick(maxCost);
      return { jobId: `job-${(jobs += 1)}`, tenantId, cost, weight, priority, ...text, ...times, ...limits };
    });
    await shard.enqueue(batch);
    return [];
  };
  const claim = async () => (await shard.claim(1 + pick(3), LEASE_MS)).claims;
  const finish = async () => {
    const ends = [...running.values()]
      .filter(() => random() < 0.3)
      .map((run): Outcome => {
        const kind = run.kind === 'run' ? oneOf(KINDS) : 'dead';
        const timeMs = kind === 'retry' ? oneOf([0, pick(1_500)]) : 0;
        return { jobId: run.record.jobId, token: run.token, kind, timeMs, wakes: run.wakes, text: '{}' };
      });
    const { claims } = await shard.finish(ends, pick(4), LEASE_MS);
    for (const { jobId } of ends) running.delete(jobId);
    return claims;
  };
  const reap = async () => {
    const { claims } = await shard.reap(LEASE_MS);
    for (const { kind, record } of claims) if (kind === 'run') running.delete(record.jobId);
    for (const one of claims) if (one.kind !== 'run') running.set(one.record.jobId, one);
    return [];
  };
  const steer = async () => {
    const { id } = oneOf(tenants);
    const turns = [
      () => shard.pause(id),
      () => shard.resume(id),
      () => shard.resume(id),
      () => shard.park(id, oneOf([0, now + 1 + pick(1_000)]), 'quota'),
      () => shard.unpark(id),
      () => shard.unpark(id),
      () => shard.cap(id, pick(4)),
      () => shard.cap(id, 0),
    ];
    await oneOf(turns)();
    return [];
  };
  const advance = async () => {
    now += pick(random() < 0.1 ? 1_500 : 60);
    await setTestClock(redis, shard.keys.shard, now);
    return [];
  };
  const turn = () => {
    const roll = random();
    if (roll < 0.27) return arrive();
    if (roll < 0.52) return claim();
    if (roll < 0.8) return finish();
    if (roll < 0.85) return reap();
    return roll < 0.9 ? steer() : advance();
  };

  await setTestClock(redis, shard.keys.shard, now);
  for (let step = 0; step < operations; step++) {
    const claims = await turn();
    const members = await redis.zrange(shard.keys.ready, '0', '-1');
    const isReadyNow = new Set(members.map((member) => member.slice(13)));
    const wasReady = ready;
    const fail = (what: string | undefined) => {
      if (what !== undefined) throw new Error(`seed ${seed}, step ${step}: ${what}`);
    };
    for (const one of claims) {
      running.set(one.record.jobId, one);
      if (one.kind !== 'run') continue;
      shares.serve(one.record.tenantId, one.record.cost);
      fail(shares.check((id) => wasReady.has(id) && isReadyNow.has(id)));
    }
    fail(shares.check((id) => isReadyNow.has(id)));
    ready = isReadyNow;
  }
  await redis.del(...Object.values(shard.keys), `${shard.keys.shard}:test-clock`);
  return { checks: shares.checks, closest: shares.closest };
}
