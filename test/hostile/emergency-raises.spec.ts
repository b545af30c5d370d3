import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';
import { newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

// On busy cores a start alone may take long.
jest.setTimeout(180_000);

let api: TestApi;

beforeAll(async () => {
  api = await startApi({ WORKER: 'off' });
});
afterAll(() => api.close());

const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const raise = (tenant_id: string, limits: Record<string, number>, more: object = {}) =>
  api.admin('POST', '/admin/quota/update', { tenant_id, limits, ...more });
const plan = (tenant: string, body: object) =>
  api.admin('POST', `/admin/tenants/${tenant}/overrides`, {
    limit: 'queries_hourly',
    reason: 'Plan',
    ...body,
  });
const listed = async (tenant: string, state = 'open') =>
  (await api.admin('GET', `/admin/tenants/${tenant}/overrides?state=${state}`)).body.overrides;
const inForce = async (tenant: string) =>
  (await api.get(tenant, '/quota/status')).body.limits.find(
    ({ name }: { name: string }) => name === 'queries_hourly',
  ).limit;

it('replace each other, one for each tenant and limit, and the answer says how to take it back', async () => {
  const tenant = await newTenant(api);
  const first = await raise(tenant, { queries_hourly: 500, tokens_daily: 7 });
  expect(first.body).toMatchObject({ propagation: 'at once', replaced: [] });
  const second = await raise(tenant, { queries_hourly: 900 });
  const [was] = first.body.overrides;
  expect(second.body.replaced).toEqual([was.id]);
  expect(await listed(tenant)).toEqual([
    expect.objectContaining({ limit: 'tokens_daily', in_force: true, emergency: true }),
    expect.objectContaining({ value: 900, in_force: true, overruled_by: null }),
  ]);
  expect(await inForce(tenant)).toBe(900);
  const [method, path] = second.body.overrides[0].take_back.split(' ');
  expect((await api.admin(method, path)).status).toBe(204);
  expect(await inForce(tenant)).toBe(100);
  const audit = (await api.admin('GET', `/admin/audit?tenant_id=${tenant}&action=quota.update`)).body;
  expect(audit.entries[0].before.overrides).toMatchObject([{ id: was.id, value: 500 }]);
  tried('emergency raise', 3);
});

it('are not cut by what is planned, before or after; the list says what is overruled and by what', async () => {
  const tenant = await newTenant(api);
  const planned = (await plan(tenant, { value: 200 })).body;
  const raised = (await raise(tenant, { queries_hourly: 900 }, { expires_at: hour(2) })).body.overrides[0];
  const later = (await plan(tenant, { value: 300 })).body;
  expect(later).toMatchObject({ in_force: false, overruled_by: raised.id });
  const within = (await plan(tenant, { value: 50, starts_at: hour(1), expires_at: hour(3) })).body;
  expect(within).toMatchObject({ state: 'scheduled', in_force: false, overruled_by: raised.id });
  const beyond = (await plan(tenant, { value: 60, starts_at: hour(5) })).body;
  expect(beyond).toMatchObject({ state: 'scheduled', in_force: false, overruled_by: null });
  expect(await inForce(tenant)).toBe(900);
  const seen = Object.fromEntries(
    (await listed(tenant)).map((one: { id: number; in_force: boolean; overruled_by: number }) => [
      one.id,
      [one.in_force, one.overruled_by],
    ]),
  );
  expect(seen).toEqual({
    [planned.id]: [false, raised.id],
    [raised.id]: [true, null],
    [later.id]: [false, raised.id],
    [within.id]: [false, raised.id],
    [beyond.id]: [false, null],
  });
  await api.admin('DELETE', raised.take_back.split(' ')[1]);
  expect(await inForce(tenant)).toBe(300);
  expect(await listed(tenant, 'revoked')).toMatchObject([
    { id: raised.id, in_force: false, take_back: null },
  ]);
  tried('emergency raise', 5);
});

it('at once from ten operators leave one', async () => {
  const tenant = await newTenant(api);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => raise(tenant, { queries_hourly: 1_000 + index })),
  );
  const made = answers.filter(({ status }) => status === 200);
  expect(made.length).toBeGreaterThan(0);
  const open = await listed(tenant);
  expect(open).toHaveLength(1);
  expect(await inForce(tenant)).toBe(open[0].value);
  tried('emergency raise', made.length);
});
