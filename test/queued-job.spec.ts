import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { FairQueue } from 'fairshare/queue';
import { RedisConnection } from 'fairshare/redis';
import { JobRecovery } from '../apps/api/src/jobs/job-recovery.js';
import { startApi, type TestApi } from './support/api.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** tenant_test with one query an hour, used up. */
beforeEach(async () => {
  await api.admin('POST', '/admin/quota/update', { tenant_id: 'tenant_test', tier: 'free' });
  await api.admin('POST', '/admin/queue/purge', { tenant_id: 'tenant_test' });
  for (const { id } of (await api.admin('GET', '/admin/tenants/tenant_test/overrides')).body.overrides) {
    await api.admin('DELETE', `/admin/tenants/tenant_test/overrides/${id}`);
  }
  await api.admin('POST', '/admin/quota/reset', { tenant_id: 'tenant_test' });
  await api.admin('POST', '/admin/quota/update', { tenant_id: 'tenant_test', limits: { queries_hourly: 1 } });
  expect((await api.query('tenant_test', 'the only one')).status).toBe(200);
});

const ended = (jobId: string) =>
  api.app.get(FairQueue).finished({ jobId, tenantId: 'tenant_test', timeoutMs: 10_000 });

/** Until its line is parked, its first job refused. */
async function parked(): Promise<void> {
  const why = async () => (await api.get('tenant_test', '/queue/stats')).body.tenant.waiting_for;
  while ((await why()) === null) await new Promise((resolve) => setImmediate(resolve));
}

describe('a queued query', () => {
  it('tells its place, waits for its tenant alone, and runs when one call raises the limit', async () => {
    const first = await api.query('tenant_test', 'first');
    const second = await api.query('tenant_test', 'second');
    expect([first.status, first.body.position, second.status, second.body.position]).toEqual([
      202, 1, 202, 2,
    ]);
    expect(first.headers.get('location')).toBe(`/jobs/${first.body.job_id}`);
    const waiting = await api.get('tenant_test', `/jobs/${second.body.job_id}`);
    expect(waiting.body).toMatchObject({ state: 'waiting', position: 2, result: null });
    expect((await api.query('tenant_123', 'a neighbour')).status).toBe(200);

    await api.admin('POST', '/admin/quota/update', {
      tenant_id: 'tenant_test',
      limits: { queries_hourly: 3 },
    });
    expect(await ended(first.body.job_id)).toMatchObject({ state: 'succeeded' });
    await ended(second.body.job_id);
    const done = await api.get('tenant_test', `/jobs/${second.body.job_id}`);
    expect(done.body).toMatchObject({ state: 'succeeded', result: { simulated: true } });
    const status = await api.get('tenant_test', '/quota/status');
    expect(status.body.limits[0]).toMatchObject({
      name: 'queries_hourly',
      limit: 3,
      used: 3,
      held: 0,
      source: 'override',
    });
  });

  it('says from the first that it waits for the window to turn, and that it never ran', async () => {
    const queued = await api.query('tenant_test', 'patient');
    const { limits } = (await api.get('tenant_test', '/quota/status')).body;
    const turnsAt = Date.parse(limits[0].resets_at as string);
    expect(Date.parse(queued.body.estimated_start_at as string)).toBeGreaterThanOrEqual(turnsAt);
    await parked();
    const { body } = await api.get('tenant_test', `/jobs/${queued.body.job_id}`);
    expect(body).toMatchObject({ attempts: 0, started_at: null, waiting_for: 'queries_hourly' });
    expect(Date.parse(body.estimated_start_at as string)).toBeGreaterThanOrEqual(turnsAt);
    const page = (await api.get('tenant_test', '/jobs?limit=1')).body;
    expect(page.jobs[0]).toMatchObject({ job_id: queued.body.job_id, attempts: 0 });
  });

  it('is nobody else’s to see or cancel', async () => {
    const { body } = await api.query('tenant_test', 'mine');
    expect((await api.get('tenant_123', `/jobs/${body.job_id}`)).status).toBe(404);
    const foreign = await api.send('DELETE', `/jobs/${body.job_id}`, { 'x-tenant-id': 'tenant_123' });
    expect(foreign.status).toBe(404);
    const own = await api.send('DELETE', `/jobs/${body.job_id}`, { 'x-tenant-id': 'tenant_test' });
    expect([own.status, own.body.state]).toEqual([202, 'cancelled']);
    const again = await api.send('DELETE', `/jobs/${body.job_id}`, { 'x-tenant-id': 'tenant_test' });
    expect(again.status).toBe(409);
  });

  it('comes back from the journal when the queue has lost it', async () => {
    const { body } = await api.query('tenant_test', 'durable');
    await parked(); // no worker is in the middle of anything with it
    const redis = api.app.get<Redis>(RedisConnection);
    const keys = await redis.keys(`${api.data.REDIS_KEY_PREFIX}*`);
    await redis.del(...keys.filter((key) => !key.includes(':quota:')));
    const look = async () =>
      (await api.get('tenant_test', `/jobs/${body.job_id}`)).body.position as number | null;
    expect(await look()).toBeNull();

    expect(await api.app.get(JobRecovery, { strict: false }).recover()).toBe(1);
    // Claimed once, denied by quota, and back at the head of its line.
    while ((await look()) !== 1) await new Promise((resolve) => setImmediate(resolve));
    expect(await api.app.get(JobRecovery, { strict: false }).recover()).toBe(0);
  });
});
