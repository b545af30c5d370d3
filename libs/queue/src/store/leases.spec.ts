import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveQueueOptions } from '../queue.options.js';
import { clockedRedis, setTestClock } from '../testing/clocked-redis.js';
import { openTestQueue, type TestQueue } from '../testing/test-queue.js';
import type { Claim } from './records/claim.js';
import { QueueShard } from './queue-shard.js';

const LEASE_MS = 1_000;
const START_MS = 5_000_000;
const KEEP_MS = 10_000;

let test: TestQueue;
let shard: QueueShard;

beforeEach(async () => {
  test = await openTestQueue();
  const options = { name: `${test.queue.name}-c`, keepEndedMs: KEEP_MS, keepDeadMs: 2 * KEEP_MS };
  shard = new QueueShard(clockedRedis(test.redis), resolveQueueOptions(options), 0);
  await setTestClock(test.redis, shard.keys.shard, START_MS);
});

afterEach(async () => {
  await test.redis.del(...Object.values(shard.keys), `${shard.keys.shard}:test-clock`);
  await test.close();
});

const at = (ms: number) => setTestClock(test.redis, shard.keys.shard, START_MS + ms);
const named = ({ record: { jobId }, token }: Claim) => ({ jobId, token });
const ids = (claims: readonly Claim[]) => claims.map(({ record }) => record.jobId);

async function add(jobId: string, rest: { maxAttempts?: number; cost?: number } = {}): Promise<void> {
  const text = { tenantId: 'acme', dedupeKey: '', name: 'work', payload: '1' };
  const numbers = { cost: 1, weight: 0, priority: 0, delayMs: 0, ttlMs: 0, maxRunMs: 0, maxDepth: 100 };
  await shard.enqueue([{ jobId, ...text, ...numbers, maxAttempts: 3, attemptsUsed: 0, ...rest }]);
}

async function claimOne(): Promise<Claim> {
  return (await shard.claim(1, LEASE_MS)).claims[0]!;
}

describe('a lease', () => {
  it('lasts until its last millisecond, and as much longer as it is extended', async () => {
    await add('a');
    const run = await claimOne();
    await at(999);
    expect((await shard.reap(LEASE_MS)).claims).toEqual([]);
    expect(await shard.extend([named(run)], LEASE_MS)).toEqual(['held']);
    await at(1_998);
    expect((await shard.reap(LEASE_MS)).claims).toEqual([]);
    await at(1_999);
    expect(ids((await shard.reap(LEASE_MS)).claims)).toEqual(['a']);
    expect(await shard.extend([named(run)], LEASE_MS)).toEqual(['lost']);
  });

  it('is not extended by another token, nor for a job that is unknown', async () => {
    await add('a');
    const run = await claimOne();
    const strangers = [
      { jobId: 'a', token: run.token - 1 },
      { jobId: 'b', token: run.token },
    ];
    expect(await shard.extend(strangers, 9 * LEASE_MS)).toEqual(['lost', 'lost']);
    await at(LEASE_MS);
    expect(ids((await shard.reap(LEASE_MS)).claims)).toEqual(['a']);
  });

  it('that lapses returns the job to the head of its line', async () => {
    for (const jobId of ['first', 'second']) await add(jobId);
    await claimOne();
    await at(LEASE_MS);
    await shard.reap(LEASE_MS);
    expect(ids((await shard.claim(2, LEASE_MS)).claims)).toEqual(['first', 'second']);
  });

  it('that lapses spends no attempt', async () => {
    await add('unlucky', { maxAttempts: 1 });
    for (let lost = 1; lost < 20; lost += 1) {
      expect((await claimOne()).attempts).toBe(1);
      await at(lost * LEASE_MS);
      expect((await shard.reap(LEASE_MS)).claims.map(({ kind }) => kind)).toEqual(['run']);
    }
    await claimOne();
    await at(20 * LEASE_MS);
    expect((await shard.reap(LEASE_MS)).claims.map(({ kind }) => kind)).toEqual(['lost']);
  });

  it('that lapses too often, or after a cancel, is handed over to be ended', async () => {
    const options = {
      name: `${test.queue.name}-c`,
      keepEndedMs: KEEP_MS,
      keepDeadMs: 2 * KEEP_MS,
      maxLost: 1,
    };
    shard = new QueueShard(clockedRedis(test.redis), resolveQueueOptions(options), 0);
    await add('last', { maxAttempts: 1 });
    await add('cancelled');
    await shard.claim(2, LEASE_MS);
    expect((await shard.cancel('cancelled', 'acme')).reply).toBe('requested');
    await at(LEASE_MS);
    const { claims } = await shard.reap(LEASE_MS);
    expect(claims.map(({ kind, record }) => [record.jobId, kind]).sort()).toEqual([
      ['cancelled', 'cancelled'],
      ['last', 'lost'],
    ]);
    const outcomes = claims.map((claim) => ({ ...named(claim), kind: 'dead' as const, text: '{}' }));
    expect((await shard.finish(outcomes, 0, LEASE_MS)).codes).toEqual(['done', 'done']);
  });

  it('is the only count of what runs: a cap opens as it lapses', async () => {
    await shard.cap('acme', 1);
    for (const jobId of ['a', 'b']) await add(jobId);
    expect((await shard.claim(5, LEASE_MS)).claims).toHaveLength(1);
    expect((await shard.claim(5, LEASE_MS)).claims).toHaveLength(0);
    await at(LEASE_MS);
    await shard.reap(LEASE_MS);
    expect(ids((await shard.claim(5, LEASE_MS)).claims)).toEqual(['a']);
  });

  it('carries what a cancel asked for', async () => {
    await add('a');
    const run = await claimOne();
    await shard.cancel('a', 'acme');
    expect(await shard.extend([named(run)], LEASE_MS)).toEqual(['cancelled']);
    const retry = { ...named(run), kind: 'retry' as const, timeMs: 0, text: '{}' };
    expect((await shard.finish([retry], 0, LEASE_MS)).codes).toEqual(['cancelled']);
    expect((await shard.finish([{ ...retry, kind: 'cancelled' }], 0, LEASE_MS)).codes).toEqual(['done']);
  });

  it('is given with a token larger than all before, of any job', async () => {
    const tokens: number[] = [];
    for (const jobId of ['a', 'b', 'c']) {
      await add(jobId);
      tokens.push((await claimOne()).token);
    }
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(new Set(tokens).size).toBe(3);
  });
});

describe('the time of a job', () => {
  it('delayed comes to its millisecond, and says when to look again', async () => {
    await add('now');
    const run = await claimOne();
    const retry = { ...named(run), kind: 'retry' as const, timeMs: 500, text: '{"message":"x"}' };
    await shard.finish([retry], 0, LEASE_MS);
    await at(499);
    expect(await shard.claim(1, LEASE_MS)).toMatchObject({ claims: [], nextDueMs: START_MS + 500 });
    await at(500);
    expect(await claimOne()).toMatchObject({ attempts: 2, lastError: '{"message":"x"}' });
  });

  it('parked ends by itself at the time given', async () => {
    await add('a');
    await shard.park('acme', START_MS + 700, 'quota');
    await at(699);
    expect(await shard.tenant('acme')).toMatchObject({ parkedUntilMs: START_MS + 700, parkReason: 'quota' });
    expect((await shard.claim(1, LEASE_MS)).claims).toEqual([]);
    await at(700);
    expect((await shard.claim(1, LEASE_MS)).claims).toHaveLength(1);
    expect(await shard.tenant('acme')).toMatchObject({ parkedUntilMs: 0, parkReason: '', running: 1 });
  });

  it('is measured by the clock of Redis: ages come from it', async () => {
    await add('a');
    await at(1_234);
    expect(await shard.tenant('acme')).toMatchObject({ waiting: 1, oldestAgeMs: 1_234 });
    expect(await shard.stats()).toMatchObject({ waiting: 1, oldestAgeMs: 1_234 });
  });

  it('ended is over after a time, even where nothing else ends', async () => {
    await add('done');
    await add('dead');
    const { claims } = await shard.claim(2, 9 * KEEP_MS);
    const kinds = { done: 'succeeded', dead: 'dead' } as const;
    const ends = claims.map((claim) => ({
      ...named(claim),
      kind: kinds[claim.record.jobId as 'done' | 'dead'],
      text: '{}',
    }));
    await shard.finish(ends, 0, LEASE_MS);
    await at(KEEP_MS - 1);
    await shard.reap(LEASE_MS);
    expect(await shard.find('done')).toMatchObject({ state: 'succeeded' });
    await at(KEEP_MS);
    await shard.reap(LEASE_MS);
    expect(await shard.find('done')).toBeUndefined();
    expect(await shard.find('dead')).toMatchObject({ state: 'dead' });
    await at(2 * KEEP_MS);
    await shard.reap(LEASE_MS);
    expect(await shard.find('dead')).toBeUndefined();
    expect(await shard.stats()).toMatchObject({ dead: 0, bytes: 0 });
  });
});
