import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FairQueue } from 'fairshare/queue';
import { JobJournal } from '../../apps/api/src/jobs/job-journal.js';
import { JobRecovery } from '../../apps/api/src/jobs/job-recovery.js';
import { startApi, type TestApi } from '../support/api.js';
import { type OwnRedis, startRedis } from '../support/redis.js';
import { exhaustedTenant } from '../support/tenants.js';

/** Most jobs of all tenants. */
const ROOM = 12;

let redis: OwnRedis;
let api: TestApi;
let queue: FairQueue;

beforeAll(async () => {
  redis = await startRedis();
  api = await startApi({ REDIS_URL: redis.url, WORKER: 'off', MAX_TOTAL_QUEUE_SIZE: String(ROOM) });
  queue = api.app.get(FairQueue);
});
afterAll(async () => {
  await api.close();
  await redis.close();
});

/** Queues queries until the whole queue is full; gives the ids of those that were accepted. */
async function fill(tenantId: string): Promise<string[]> {
  const accepted: string[] = [];
  for (;;) {
    const { status, body } = await api.query(tenantId, 'patient');
    if (status !== 202) return accepted;
    accepted.push(body.job_id as string);
  }
}

const knows = async (jobId: string) => (await queue.get({ jobId })) !== undefined;

/** Until the queue knows every one of them. */
async function back(jobIds: readonly string[]): Promise<void> {
  for (const jobId of jobIds) while (!(await knows(jobId))) await pause(20);
}

describe('Redis that forgets everything', () => {
  it('gets every accepted job back, though new ones have filled the queue meanwhile', async () => {
    const [first, second] = [await exhaustedTenant(api), await exhaustedTenant(api)];
    const before = await fill(first);
    expect(before).toHaveLength(ROOM);
    await redis.client.flushall();
    const meanwhile = await fill(second);
    await back([...before, ...meanwhile]);
    expect((await queue.stats()).waiting).toBe(before.length + meanwhile.length);
  });

  it('gets the jobs behind a row that the queue never takes', async () => {
    const tenantId = await exhaustedTenant(api);
    const row = { tenantId, name: 'query', payload: {}, cost: { units: 1 }, weight: 1, maxAttempts: 3 };
    const impossible = '00000000-0000-4000-8000-000000000001';
    const good = '00000000-0000-4000-8000-000000000002';
    const old = new Date(Date.now() - 3_600_000);
    await api.prisma.job.create({ data: { ...row, id: impossible, weight: 0, createdAt: old } });
    await api.prisma.job.create({ data: { ...row, id: good, createdAt: old } });
    await api.app.get(JobRecovery, { strict: false }).recover();
    expect([await knows(impossible), await knows(good)]).toEqual([false, true]);
  });

  it('gets every job of the journal, though the last one of a page ends meanwhile', async () => {
    const tenantId = await exhaustedTenant(api);
    const row = { tenantId, name: 'query', payload: {}, cost: { units: 1 }, weight: 1, maxAttempts: 3 };
    await api.prisma.job.createMany({
      data: Array.from({ length: 1_100 }, (_, index) => ({
        ...row,
        id: `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`,
      })),
    });
    const seen = new Set<string>();
    for await (const page of api.app.get(JobJournal, { strict: false }).live()) {
      for (const { jobId } of page) seen.add(jobId);
      await api.prisma.job.update({ where: { id: page.at(-1)!.jobId }, data: { state: 'succeeded' } });
    }
    const rows = await api.prisma.job.findMany({ where: { tenantId }, select: { id: true } });
    expect(rows.filter(({ id }) => !seen.has(id))).toEqual([]);
  });
});
