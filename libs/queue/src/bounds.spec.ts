import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidJobError } from './queue.errors.js';
import type { Accepted, EnqueueRequest } from './queue.types.js';
import { openTestQueue, type TestQueue } from './testing/test-queue.js';

let test: TestQueue;

beforeEach(async () => {
  test = await openTestQueue({
    maxTotalJobs: 5,
    maxTenantJobs: 3,
    maxPayloadBytes: 1_000,
    maxTenantBytes: 2_000,
    maxTotalBytes: 3_000,
    maxRunning: 2,
    maxEnded: 3,
  });
});

afterEach(async () => {
  await test.close();
});

const job = (tenantId: string, rest: Partial<EnqueueRequest> = {}): EnqueueRequest => ({
  tenantId,
  name: 'work',
  ...rest,
});

describe('bounds', () => {
  it('refuses beyond the tenant depth, bulk included, and says the limit', async () => {
    const replies = await test.queue.enqueueMany(Array.from({ length: 5 }, () => job('a')));
    expect(replies.map(({ accepted }) => accepted)).toEqual([true, true, true, false, false]);
    expect(replies[4]).toEqual({ accepted: false, code: 'tenant_queue_full', limit: 3, depth: 3 });
  });

  it('takes the depth of the tenant from the call', async () => {
    await test.queue.enqueue(job('a', { maxDepth: 1 }));
    expect(await test.queue.enqueue(job('a', { maxDepth: 1 }))).toMatchObject({
      code: 'tenant_queue_full',
      limit: 1,
    });
    expect(await test.queue.enqueue(job('a', { maxDepth: 2 }))).toMatchObject({ accepted: true });
  });

  it('refuses beyond the total, delayed and running jobs included', async () => {
    await test.queue.enqueueMany([job('a'), job('a'), job('b', { delayMs: 9_999 }), job('b'), job('c')]);
    await test.queue.shards[0]!.claim(2, 10_000);
    expect(await test.queue.enqueue(job('d'))).toMatchObject({ code: 'queue_full', limit: 5, depth: 5 });
  });

  it('refuses beyond the bytes of a tenant and of all', async () => {
    const big = { payload: 'x'.repeat(800) };
    const replies = await test.queue.enqueueMany([
      job('a', big),
      job('a', big),
      job('a', big),
      job('b', big),
      job('c', big),
    ]);
    expect(replies.map((reply) => ('code' in reply ? reply.code : 'added'))).toEqual([
      'added',
      'added',
      'tenant_bytes_full',
      'added',
      'queue_bytes_full',
    ]);
  });

  it('refuses a payload that is too large', async () => {
    const reply = await test.queue.enqueue(job('a', { payload: 'x'.repeat(2_000) }));
    expect(reply).toEqual({ accepted: false, code: 'payload_too_large', limit: 1_000, depth: 2_002 });
  });

  it('runs no more than maxRunning in all, nor more of a tenant than its own cap', async () => {
    await test.queue.setConcurrency('a', 1);
    await test.queue.enqueueMany([job('a'), job('a'), job('b'), job('b')]);
    const { claims } = await test.queue.shards[0]!.claim(10, 10_000);
    expect(claims.map(({ record }) => record.tenantId)).toEqual(['a', 'b']);
  });

  it('knows a job by its id, and by its key while it lives', async () => {
    const first = (await test.queue.enqueue(job('a', { dedupeKey: 'k' }))) as Accepted;
    expect(await test.queue.enqueue(job('a', { dedupeKey: 'k' }))).toMatchObject({
      jobId: first.jobId,
      duplicate: true,
    });
    expect(await test.queue.enqueue(job('b', { dedupeKey: 'k' }))).toMatchObject({ duplicate: false });
    expect(await test.queue.enqueue(job('a', { jobId: first.jobId }))).toMatchObject({ duplicate: true });
    await test.queue.cancel({ jobId: first.jobId });
    expect(await test.queue.enqueue(job('a', { dedupeKey: 'k' }))).toMatchObject({ duplicate: false });
    expect(await test.queue.enqueue(job('a', { jobId: first.jobId }))).toMatchObject({ duplicate: true });
  });

  it('keeps only so many ended jobs', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) {
      ids.push(((await test.queue.enqueue(job('a'))) as Accepted).jobId);
      await test.queue.cancel({ jobId: ids[n]! });
    }
    const kept = await Promise.all(ids.map((jobId) => test.queue.get({ jobId })));
    expect(kept.filter(Boolean)).toHaveLength(3);
  });

  it.each([
    ['cost', { cost: 0 }],
    ['cost', { cost: 1.5 }],
    ['cost', { cost: NaN }],
    ['weight', { weight: -1 }],
    ['priority', { priority: 40_000 }],
    ['delayMs', { delayMs: -5 }],
    ['tenantId', { tenantId: '' }],
    ['tenantId', { tenantId: 'x'.repeat(129) }],
    ['tenantId', { tenantId: '\ud800' }],
    ['tenantId', { tenantId: 'e\u0301' }],
    ['tenantId', { tenantId: '*' }],
    ['payload', { payload: (() => undefined) as never }],
  ])('refuses a %s of %j before anything reaches Redis', async (field, rest) => {
    await expect(test.queue.enqueue(job('a', rest))).rejects.toThrow(InvalidJobError);
    await expect(test.queue.enqueue(job('a', rest))).rejects.toThrow(field);
  });

  it('keeps tenants apart whatever their names', async () => {
    const names = [
      '{}',
      '}',
      '**',
      ':',
      '%00',
      '{',
      "'",
      '__proto__',
      'a:b',
      'é',
      'E\u0300'.normalize('NFC'),
    ];
    for (const tenantId of names.slice(0, 5)) await test.queue.enqueue(job(tenantId, { dedupeKey: 'same' }));
    for (const tenantId of names) {
      expect((await test.queue.list({ tenantId })).length).toBe(names.indexOf(tenantId) < 5 ? 1 : 0);
    }
  });

  it('hides a job from other tenants', async () => {
    const { jobId } = (await test.queue.enqueue(job('a'))) as Accepted;
    expect(await test.queue.get({ jobId, tenantId: 'b' })).toBeUndefined();
    expect(await test.queue.cancel({ jobId, tenantId: 'b' })).toBe('unknown');
    expect(await test.queue.cancel({ jobId, tenantId: 'a' })).toBe('removed');
  });

  it('purges what waits, asks what runs to stop, and forgets the dead', async () => {
    await test.queue.enqueueMany([job('a'), job('a'), job('a', { delayMs: 9_999 }), job('b')]);
    const shard = test.queue.shards[0]!;
    const { claims } = await shard.claim(1, 10_000);
    expect(await test.queue.purge('a')).toBe(2);
    const runs = claims.map(({ record, token }) => ({ jobId: record.jobId, token }));
    expect(await shard.extend(runs, 1_000)).toEqual(['cancelled']);
    expect(await test.queue.stats()).toMatchObject({ waiting: 1, delayed: 0, running: 1 });
  });

  it('explains, lists and counts', async () => {
    await test.queue.enqueueMany([job('a'), job('a'), job('b')]);
    const [second] = await test.queue.list({ tenantId: 'a' });
    await test.queue.pause('b');
    const [ofB] = await test.queue.list({ tenantId: 'b' });
    expect(await test.queue.explain({ jobId: ofB!.jobId })).toMatchObject({
      why: 'paused',
      jobsBefore: null,
    });
    await test.queue.resume('b');
    const standings = await Promise.all(
      (await test.queue.list({ tenantId: 'a' })).map(({ jobId }) => test.queue.explain({ jobId })),
    );
    expect(standings.map((one) => one!.position).sort()).toEqual([1, 2]);
    expect(standings.find((one) => one!.position === 2)).toMatchObject({
      why: 'behind_own_jobs',
      jobsBefore: 2,
    });
    expect(second).toMatchObject({ tenantId: 'a', state: 'waiting' });
    expect(await test.queue.tenantStats('a')).toMatchObject({
      waiting: 2,
      running: 0,
      weight: 1,
      parkReason: null,
    });
    expect(await test.queue.stats()).toMatchObject({
      waiting: 3,
      readyTenants: 2,
      parkedTenants: 0,
      maxJobs: 5,
    });
  });
});
