import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from './support/api.js';

let api: TestApi;
const raise = (limits: object, tenant_id = 'tenant_test') =>
  api.admin('POST', '/admin/quota/update', { tenant_id, limits, reason: 'Try' });

beforeAll(async () => {
  api = await startApi({ SIMULATED_BASE_LATENCY_MS: '0', SIMULATED_MS_PER_TOKEN: '0' });
});
afterAll(() => api.close());

describe('an operator', () => {
  it('finds who is over, why, and what would admit them; and one call does', async () => {
    await raise({ queries_hourly: 2 });
    for (let count = 0; count < 2; count += 1) await api.query('tenant_test', `Question ${count}`);
    const queued = await api.query('tenant_test', 'One more');
    expect(queued.status).toBe(202);
    await api.query('tenant_123', 'A quiet one');

    const job = `/jobs/${queued.body.job_id}`;
    while ((await api.admin('GET', '/admin/tenants/tenant_test/diagnosis')).body.queue.waiting_for === null);
    const { limits } = (await api.admin('GET', '/admin/usage/pressure')).body;
    expect(limits).toEqual([
      expect.objectContaining({
        tenant_id: 'tenant_test',
        tier: 'free',
        name: 'queries_hourly',
        limit: 2,
        used: 2,
        ratio: 1,
        source: 'override',
        waiting: 1,
        waiting_for: 'queries_hourly',
      }),
    ]);
    const why = (await api.admin('GET', '/admin/tenants/tenant_test/diagnosis')).body;
    expect(why.first_waiting).toMatchObject({
      job_id: queued.body.job_id,
      why: 'parked',
      would_admit: [{ name: 'queries_hourly', raise_to: 3 }],
    });
    expect(Date.parse(why.first_waiting.would_admit[0].or_at)).toBeGreaterThan(Date.now() - 1_000);

    await raise({ queries_hourly: why.first_waiting.would_admit[0].raise_to });
    while ((await api.get('tenant_test', job)).body.state !== 'succeeded');
    expect((await api.admin('GET', '/admin/tenants/tenant_test/diagnosis')).body).toMatchObject({
      first_waiting: null,
      queue: { waiting: 0, waiting_for: null },
    });
  });

  it('sees every limit in use with above=0, and one with its name', async () => {
    const { limits } = (await api.admin('GET', '/admin/usage/pressure?above=0&limit=100')).body;
    expect(limits.map(({ ratio }: { ratio: number }) => ratio)).toEqual(
      limits.map(({ ratio }: { ratio: number }) => ratio).sort((left: number, right: number) => right - left),
    );
    const named = (await api.admin('GET', '/admin/usage/pressure?above=0&name=tokens_daily')).body.limits;
    expect(new Set(named.map(({ name }: { name: string }) => name))).toEqual(new Set(['tokens_daily']));
    expect(named).toHaveLength(2);
  });

  it('sees who spent most, and what one tenant spent when', async () => {
    const top = (await api.admin('GET', '/admin/usage/top')).body;
    expect(top.resource).toBe('queries');
    expect(top.tenants).toEqual([
      { tenant_id: 'tenant_test', amount: 3, overrun: 0 },
      { tenant_id: 'tenant_123', amount: 1, overrun: 0 },
    ]);
    expect((await api.admin('GET', '/admin/usage/top?limit=1')).body.tenants).toHaveLength(1);
    const { series } = (await api.admin('GET', '/admin/tenants/tenant_test/usage?resource=queries')).body;
    expect(series[0].total).toBe(3);
  });

  it.each(['/admin/usage/pressure?above=2', '/admin/usage/top?limit=0', '/admin/usage/top?from=x'])(
    'is told what is wrong with %s',
    async (path) =>
      expect(await api.admin('GET', path)).toMatchObject({ status: 400, body: { code: 'invalid_request' } }),
  );

  it.each(['usage', 'diagnosis'])('is told that a tenant is not there: %s', async (what) => {
    expect((await api.admin('GET', `/admin/tenants/nobody/${what}`)).status).toBe(404);
  });
});
