import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Accepted } from './queue.types.js';
import { brokenInvariants } from './testing/check-invariants.js';
import { dumpShard } from './testing/dump-shard.js';
import { openTestQueue, type TestQueue } from './testing/test-queue.js';

const LEASE_MS = 60_000;

let test: TestQueue;

beforeEach(async () => {
  test = await openTestQueue({ maxTenantJobs: 1_000 });
});

afterEach(async () => {
  await test.close();
});

const shard = () => test.queue.shards[0]!;

async function add(tenantId: string, count = 1, rest = {}): Promise<string[]> {
  const requests = Array.from({ length: count }, () => ({ tenantId, name: 'work', ...rest }));
  return (await test.queue.enqueueMany(requests)).map((reply) => (reply as Accepted).jobId);
}

/** Serves one job and says whose it was; undefined where none may run. */
async function serveOne(): Promise<string | undefined> {
  const [claim] = (await shard().claim(1, LEASE_MS)).claims;
  if (!claim) return undefined;
  const { jobId, tenantId } = claim.record;
  await shard().finish([{ jobId, token: claim.token, kind: 'succeeded', text: '' }], 0, LEASE_MS);
  return tenantId;
}

async function serve(count: number): Promise<(string | undefined)[]> {
  const served: (string | undefined)[] = [];
  while (served.length < count) served.push(await serveOne());
  return served;
}

describe('lessons, on Redis', () => {
  it('1: a stream of never-seen tenants does not starve who waits', async () => {
    await add('honest', 100);
    for (let fresh = 0; fresh < 4; fresh++) await add(`fresh-${fresh}`);
    let honest = 0;
    for (let step = 0; step < 200; step++) {
      if ((await serveOne()) === 'honest') honest += 1;
      else await add(`later-${step}`);
    }
    expect(honest).toBeGreaterThanOrEqual(39);
  });

  it('3 and 8: a thousand blocked tenants hide nobody', async () => {
    for (let index = 0; index < 1_000; index++) await add(`blocked-${index}`);
    await add('free', 3);
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => test.queue.pause(`blocked-${index}`)));
    expect(await serve(4)).toEqual(['free', 'free', 'free', undefined]);
  });

  it('4: ties go by arrival, not by name', async () => {
    for (const tenantId of ['zz', 'mm', 'aa', '!']) await add(tenantId);
    expect(await serve(4)).toEqual(['zz', 'mm', 'aa', '!']);
  });

  it('5: delayed and failed jobs hold no place among the ready', async () => {
    await add('waiting-for-later', 50, { delayMs: LEASE_MS });
    await add('failing', 2);
    const [claim] = (await shard().claim(1, LEASE_MS)).claims;
    const retry = {
      jobId: claim!.record.jobId,
      token: claim!.token,
      kind: 'retry' as const,
      timeMs: LEASE_MS,
      text: '{}',
    };
    await shard().finish([retry], 0, LEASE_MS);
    await add('late');
    expect(await serve(3)).toEqual(['late', 'failing', undefined]);
  });

  it('6: every way out leaves the index whole', async () => {
    const [done, dead, cancelled, retried] = await add('acme', 4);
    await add('acme', 3, { delayMs: LEASE_MS });
    const { claims } = await shard().claim(4, LEASE_MS);
    const token = (jobId: string) => claims.find(({ record }) => record.jobId === jobId)!.token;
    await shard().finish(
      [
        { jobId: done!, token: token(done!), kind: 'succeeded', text: '1' },
        { jobId: dead!, token: token(dead!), kind: 'dead', text: '{"message":"no"}' },
        { jobId: cancelled!, token: token(cancelled!), kind: 'cancelled', text: '{"message":"no"}' },
        { jobId: retried!, token: token(retried!), kind: 'retry', timeMs: 0, text: '{"message":"no"}' },
      ],
      0,
      LEASE_MS,
    );
    const whole = async () => brokenInvariants(await dumpShard(test.redis, shard().keys));
    expect(await whole()).toEqual([]);
    await test.queue.purge('acme');
    expect(await whole()).toEqual([]);
    expect(await test.queue.stats()).toMatchObject({ waiting: 0, delayed: 0, running: 0, dead: 0, bytes: 0 });
  });

  it('9: shares cost, not jobs, and reconciles to the true cost', async () => {
    await add('long', 40, { cost: 10 });
    await add('short', 200, { cost: 1 });
    const served = await serve(110);
    expect(served.filter((tenantId) => tenantId === 'long').length).toBe(10);
  });

  it('applies a new weight to the jobs already waiting', async () => {
    await add('a', 100);
    await add('b', 100);
    await serve(20);
    await test.queue.setWeight('a', 4);
    const served = await serve(100);
    expect(served.filter((tenantId) => tenantId === 'a').length).toBeGreaterThanOrEqual(79);
  });

  it('lets priority help a job within its tenant only', async () => {
    await add('a', 2);
    await add('b', 2);
    const [urgent] = await add('b', 1, { priority: 9 });
    const { claims } = await shard().claim(2, LEASE_MS);
    expect(claims.map(({ record }) => record.tenantId)).toEqual(['a', 'b']);
    expect(claims[1]!.record.jobId).toBe(urgent);
  });
});
