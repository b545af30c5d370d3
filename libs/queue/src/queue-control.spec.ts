import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JobTransition } from './job-events.js';
import { InvalidJobError } from './queue.errors.js';
import type { Accepted, EnqueueRequest, JobPlace } from './queue.types.js';
import { brokenInvariants } from './testing/check-invariants.js';
import { dumpShard } from './testing/dump-shard.js';
import { openTestQueue, type TestQueue } from './testing/test-queue.js';

const LEASE_MS = 60_000;

let test: TestQueue;
let told: JobTransition[];
const events = { onTransition: async (one: JobTransition) => void told.push(one) };

beforeEach(async () => {
  told = [];
  test = await openTestQueue({ maxTenantJobs: 2_000 });
});

afterEach(async () => {
  const broken = await Promise.all(
    test.queue.shards.map(async ({ keys }) => brokenInvariants(await dumpShard(test.redis, keys))),
  );
  await test.close();
  expect(broken.flat()).toEqual([]);
});

async function add(tenantId: string, count = 1, rest: Partial<EnqueueRequest> = {}): Promise<string[]> {
  const requests = Array.from({ length: count }, () => ({ tenantId, name: 'work', ...rest }));
  return (await test.queue.enqueueMany(requests)).map((reply) => (reply as Accepted).jobId);
}

async function claim(limit = 1) {
  const claimed = await Promise.all(test.queue.shards.map((shard) => shard.claim(limit, LEASE_MS)));
  return claimed.flatMap(({ claims }) => claims);
}

async function bury(tenantId: string, count = 1): Promise<string[]> {
  const ids = await add(tenantId, count);
  for (const shard of test.queue.shards) {
    const { claims } = await shard.claim(count, LEASE_MS);
    const ends = claims.map(({ record: { jobId }, token }) => ({
      jobId,
      token,
      kind: 'dead' as const,
      text: '{}',
    }));
    await shard.finish(ends, 0, LEASE_MS);
  }
  return ids;
}

async function pages(tenantId: string, place: JobPlace, limit: number): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await test.queue.page({ tenantId, place, limit, cursor });
    found.push(page.jobs.map(({ jobId }) => jobId));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

describe('pauseAll', () => {
  it('starts nothing until resumeAll, accepts jobs meanwhile, and explain says so', async () => {
    await test.queue.pauseAll();
    const [jobId] = await add('a');
    expect(await claim()).toEqual([]);
    expect(await test.queue.stats()).toMatchObject({
      paused: true,
      waiting: 1,
      readyTenants: 1,
      parkedTenants: 0,
    });
    expect(await test.queue.explain({ jobId: jobId! })).toMatchObject({ why: 'queue_paused' });
    await test.queue.resumeAll();
    expect(await claim()).toHaveLength(1);
    expect(await test.queue.stats()).toMatchObject({ paused: false });
  });

  it('leaves a tenant paused that was paused by name', async () => {
    await add('a');
    await test.queue.pause('a');
    await test.queue.pauseAll();
    await test.queue.resumeAll();
    expect(await claim()).toEqual([]);
  });
});

describe('unparkAll', () => {
  it('ends every park, those without an end included, however many tenants there are', async () => {
    const tenants = Array.from({ length: 700 }, (_, index) => `tenant-${index}`);
    await test.queue.enqueueMany(tenants.map((tenantId) => ({ tenantId, name: 'work' })));
    await Promise.all(
      tenants.map((tenantId, index) =>
        test.queue.park({ tenantId, untilMs: index % 2 ? null : Date.now() + LEASE_MS, reason: 'quota' }),
      ),
    );
    expect(await test.queue.stats()).toMatchObject({ readyTenants: 0, parkedTenants: 700 });
    expect(await test.queue.unparkAll()).toBe(700);
    expect(await test.queue.stats()).toMatchObject({ readyTenants: 700, parkedTenants: 0 });
    expect(await claim(1_000)).toHaveLength(700);
  });

  it('overtakes a park that a worker is about to ask for', async () => {
    await add('a');
    const [first] = await claim();
    await test.queue.unparkAll();
    const { jobId } = first!.record;
    const park = {
      jobId,
      token: first!.token,
      kind: 'park' as const,
      wakes: first!.wakes,
      timeMs: 0,
      text: 'quota',
    };
    await test.queue.shards[0]!.finish([park], 0, LEASE_MS);
    expect(await claim()).toHaveLength(1);
  });

  it('resumes nobody', async () => {
    await add('a');
    await test.queue.pause('a');
    expect(await test.queue.unparkAll()).toBe(0);
    expect(await claim()).toEqual([]);
  });
});

describe('parkedTenants', () => {
  it('counts who has jobs of which none may run, and nobody else', async () => {
    await add('running');
    await claim();
    await add('capped', 2);
    await test.queue.setConcurrency('capped', 1);
    await claim(2);
    await add('delayed', 1, { delayMs: LEASE_MS });
    await add('paused');
    await test.queue.pause('paused');
    await test.queue.pause('paused without jobs');
    await add('ready');
    expect(await test.queue.stats()).toMatchObject({ readyTenants: 1, parkedTenants: 3 });
    await test.queue.purge('paused');
    expect(await test.queue.stats()).toMatchObject({ parkedTenants: 2 });
  });
});

describe('purge', () => {
  it('tells the journal of every job that will not run, and forgets all dead', async () => {
    await bury('a', 600);
    const ids = [...(await add('a', 120)), ...(await add('a', 3, { delayMs: LEASE_MS }))];
    expect(await test.queue.purge('a', events)).toBe(123);
    expect(told.map(({ job }) => job.jobId).sort()).toEqual(ids.sort());
    expect(new Set(told.map(({ from, to }) => `${from} ${to}`))).toEqual(new Set(['waiting cancelled']));
    expect(await test.queue.stats()).toMatchObject({ waiting: 0, delayed: 0, dead: 0, bytes: 0 });
  });
});

describe('purge of a tenant with many running jobs', () => {
  it('asks each of them to stop', async () => {
    await add('a', 120);
    const runs = (await claim(120)).map(({ record, token }) => ({ jobId: record.jobId, token }));
    expect(runs).toHaveLength(120);
    expect(await test.queue.purge('a', events)).toBe(0);
    const leases = await Promise.all(test.queue.shards.map((shard) => shard.extend(runs, LEASE_MS)));
    expect(leases.flat().filter((lease) => lease === 'cancelled')).toHaveLength(120);
  });
});

describe('requeueDead', () => {
  it('brings back the dead of every tenant, and tells the journal', async () => {
    const ids = [...(await bury('a', 120)), ...(await bury('bb', 2)), ...(await bury('b'))];
    expect(await test.queue.requeueDead({}, events)).toBe(123);
    expect(told.map(({ job }) => job.jobId).sort()).toEqual(ids.sort());
    expect(told[0]).toMatchObject({ from: 'dead', to: 'waiting', job: { attempt: 0 } });
    expect(await test.queue.stats()).toMatchObject({ waiting: 123, dead: 0 });
  });

  it('tells the journal before the job can run', async () => {
    const [jobId] = await bury('a');
    const claimed: number[] = [];
    await test.queue.requeueDead({}, { onTransition: async () => void claimed.push((await claim()).length) });
    expect(claimed).toEqual([0]);
    expect((await claim()).map(({ record }) => record.jobId)).toEqual([jobId]);
  });

  it('brings back one, found by its id alone', async () => {
    const [first] = await bury('a', 2);
    expect(await test.queue.requeueDead({ jobId: first! })).toBe(1);
    expect(await test.queue.requeueDead({ jobId: first! })).toBe(0);
    expect(await test.queue.requeueDead({ jobId: 'unknown' })).toBe(0);
    expect(await test.queue.stats()).toMatchObject({ waiting: 1, dead: 1 });
  });

  it.each([
    ['jobs of a tenant', { maxTenantJobs: 3 }, {}],
    ['jobs in all', { maxTotalJobs: 3 }, {}],
    ['bytes of a tenant', { maxTenantBytes: 3_400 }, { payload: 'x'.repeat(1_000) }],
    ['bytes in all', { maxTotalBytes: 3_400 }, { payload: 'x'.repeat(1_000) }],
  ])('leaves dead what does not fit the %s', async (_, bounds, rest) => {
    await test.close();
    test = await openTestQueue(bounds);
    await add('a', 2, rest);
    const ends = (await claim(2)).map(({ record: { jobId }, token }) => ({
      jobId,
      token,
      kind: 'dead' as const,
      text: '{}',
    }));
    await test.queue.shards[0]!.finish(ends, 0, LEASE_MS);
    await add('a', 2, rest);
    expect(await test.queue.requeueDead({}, events)).toBe(1);
    expect(told.map(({ to }) => to)).toEqual(['waiting', 'waiting', 'dead']);
    expect(await test.queue.stats()).toMatchObject({ waiting: 3, dead: 1 });
  });
});

describe('page', () => {
  it('gives what waits in the order of the line, page by page', async () => {
    const ids = await add('a', 7);
    const [urgent] = await add('a', 1, { priority: 5 });
    const [last] = await add('a', 1, { priority: -32_768 });
    await add('b', 3);
    expect(await pages('a', 'waiting', 4)).toEqual([[urgent, ...ids.slice(0, 3)], ids.slice(3), [last]]);
  });

  it('gives what runs, what is due later and what is dead, each apart', async () => {
    const dead = await bury('a', 3);
    const running = await add('a', 3);
    await claim(3);
    const delayed = await add('a', 3, { delayMs: LEASE_MS });
    const places = { running, delayed, dead };
    for (const [place, ids] of Object.entries(places)) {
      const found = await pages('a', place as JobPlace, 2);
      expect(found.map(({ length }) => length)).toEqual([2, 1]);
      expect(found.flat().sort()).toEqual(ids.sort());
    }
    expect(await pages('a', 'waiting', 2)).toEqual([[]]);
    expect(await pages('nobody', 'dead', 2)).toEqual([[]]);
  });

  it('ends no page early where a page is exactly full, and begins no empty one', async () => {
    await add('a', 4);
    expect((await pages('a', 'waiting', 2)).map(({ length }) => length)).toEqual([2, 2]);
  });

  it('shows no other tenant, whatever the cursor says', async () => {
    await add('a', 1);
    await add('b', 1);
    const cursor = Buffer.alloc(120, 255).toString('base64url');
    expect(await test.queue.page({ tenantId: 'a', place: 'waiting', cursor })).toEqual({
      jobs: [],
      next: null,
    });
    await expect(test.queue.page({ tenantId: 'a', place: 'waiting', cursor: '!' })).rejects.toThrow(
      InvalidJobError,
    );
    await expect(test.queue.page({ tenantId: 'a', place: 'lost' as JobPlace })).rejects.toThrow(
      InvalidJobError,
    );
  });
});
