import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi({ SIMULATED_BASE_LATENCY_MS: '0', SIMULATED_MS_PER_TOKEN: '0' });
  // Nothing fits, so that every query is queued.
  for (const tenant_id of ['tenant_test', 'tenant_123']) await setLimit(tenant_id, 1);
  for (const tenant of ['tenant_test', 'tenant_123']) await api.query(tenant, 'The one that fits');
});
afterAll(() => api.close());

const setLimit = (tenant_id: string, queries_hourly: number) =>
  api.admin('POST', '/admin/quota/update', { tenant_id, limits: { queries_hourly }, reason: 'Try' });
const stateOf = async (tenant: string, job: string) => (await api.get(tenant, `/jobs/${job}`)).body.state;

async function queued(tenant: string): Promise<string> {
  const answer = await api.query(tenant, 'Wait');
  expect(answer.status).toBe(202);
  return answer.body.job_id;
}

describe('an operator of the queue', () => {
  it('sees the longest lines first, and each line', async () => {
    await queued('tenant_123');
    for (let count = 0; count < 2; count += 1) await queued('tenant_test');
    const overview = (await api.admin('GET', '/admin/queue')).body;
    expect(overview.tenants.map(({ tenant_id }: { tenant_id: string }) => tenant_id)).toEqual([
      'tenant_test',
      'tenant_123',
    ]);
    expect(overview).toMatchObject({ waiting: 3, max_jobs: 5_000 });
    expect((await api.admin('GET', '/admin/queue/tenant_test')).body).toMatchObject({
      waiting: 2,
      max_jobs: 100,
    });
  });

  it('sees all of them where a tenant sees its own, and a stranger the totals', async () => {
    const seen = async (headers: Record<string, string>) => {
      const { body } = await api.send('GET', '/queue/stats', headers);
      const tenants: { tenant_id: string }[] | undefined = body.tenants;
      return [body.waiting, body.tenant?.tenant_id, tenants?.map(({ tenant_id }) => tenant_id)];
    };
    expect(await seen({})).toEqual([3, undefined, undefined]);
    expect(await seen({ 'x-tenant-id': 'tenant_test' })).toEqual([3, 'tenant_test', undefined]);
    expect(await seen({ 'x-admin-key': ADMIN_KEY })).toEqual([3, undefined, ['tenant_test', 'tenant_123']]);
    expect((await api.send('GET', '/queue/stats', { 'x-admin-key': 'wrong' })).status).toBe(401);
  });

  it('weighs a line that already waits by the new weight of its tenant, or of its tier', async () => {
    const weightOf = async (tenant: string) =>
      (await api.admin('GET', `/admin/queue/${tenant}`)).body.weight as number;
    const tier = (await api.admin('GET', '/admin/tenants/tenant_test')).body.tier as string;
    const { weight } = (await api.admin('GET', `/admin/tiers/${tier}`)).body;
    expect(await weightOf('tenant_test')).toBe(weight);
    await api.admin('PATCH', `/admin/tiers/${tier}`, { weight: weight + 4 });
    expect(await weightOf('tenant_test')).toBe(weight + 4);
    await api.admin('PATCH', '/admin/tenants/tenant_test', { weight: 9 });
    expect(await weightOf('tenant_test')).toBe(9);
    await api.admin('PATCH', '/admin/tenants/tenant_test', { weight: null });
    await api.admin('PATCH', `/admin/tiers/${tier}`, { weight });
    expect(await weightOf('tenant_test')).toBe(weight);
  });

  it('pauses and resumes one tenant, and all', async () => {
    for (const whose of [{ tenant_id: 'tenant_test' }, { all: true }]) {
      expect((await api.admin('POST', '/admin/queue/pause', whose)).body).toMatchObject({
        tenant_id: whose.tenant_id ?? null,
        state: 'done',
        before: { paused: false },
        after: { paused: true },
      });
    }
    await setLimit('tenant_test', 1_000);
    await setLimit('tenant_123', 1_000);
    expect((await api.admin('GET', '/admin/queue')).body).toMatchObject({ waiting: 3, running: 0 });
    await api.admin('POST', '/admin/queue/resume', { all: true });
    while ((await api.admin('GET', '/admin/queue/tenant_123')).body.waiting > 0);
    expect((await api.admin('GET', '/admin/queue/tenant_test')).body).toMatchObject({
      waiting: 2,
      paused: true,
    });
    await api.admin('POST', '/admin/queue/resume', { tenant_id: 'tenant_test' });
    while ((await api.admin('GET', '/admin/queue/tenant_test')).body.waiting > 0);
  });

  it('purges one line or all, and the journal says so', async () => {
    await setLimit('tenant_test', 1);
    await setLimit('tenant_123', 1);
    const [mine, others] = [await queued('tenant_test'), await queued('tenant_123')];
    const purged = await api.admin('POST', '/admin/queue/purge', { tenant_id: 'tenant_test' });
    expect(purged.body).toMatchObject({
      tenant_id: 'tenant_test',
      state: 'done',
      removed: 1,
      before: { waiting: 1 },
      after: { waiting: 0 },
    });
    expect([await stateOf('tenant_test', mine), await stateOf('tenant_123', others)]).toEqual([
      'cancelled',
      'waiting',
    ]);
    expect((await api.admin('POST', '/admin/queue/purge', { all: true })).body.removed).toBe(1);
    expect(await stateOf('tenant_123', others)).toBe('cancelled');
    const actions = (await api.admin('GET', '/admin/audit?action=queue.purge')).body.entries;
    expect(actions[0]).toMatchObject({
      target: 'all tenants',
      tenant_id: null,
      before: { waiting: 1 },
      after: { removed: 1, state: 'done' },
    });
  });

  it('is told of tenants that are not there', async () => {
    for (const verb of ['pause', 'resume', 'purge', 'requeue']) {
      expect((await api.admin('POST', `/admin/queue/${verb}`, { tenant_id: 'nobody' })).status).toBe(404);
    }
    expect((await api.admin('POST', '/admin/queue/requeue', { job_id: 'x' })).status).toBe(400);
    expect((await api.admin('POST', '/admin/queue/requeue', { all: true })).body).toMatchObject({
      tenant_id: null,
      requeued: 0,
      state: 'done',
    });
  });
});
