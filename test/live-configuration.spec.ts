import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from './support/api.js';

let first: TestApi;
let second: TestApi;

beforeAll(async () => {
  first = await startApi({ QUOTA_CACHE_TTL_MS: '200' });
  second = await startApi({ QUOTA_CACHE_TTL_MS: '600000' }, first.data);
});
afterAll(async () => {
  await second.close();
  await first.close();
});

const limitOf = async (api: TestApi, tenantId: string, name: string) =>
  (await api.get(tenantId, '/quota/status')).body.limits.find(
    (limit: { name: string }) => limit.name === name,
  );

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

describe('live configuration', () => {
  it('is in force on the other node by push, is on the record, and goes when it is revoked', async () => {
    expect(await limitOf(second, 'tenant_123', 'queries_hourly')).toMatchObject({
      limit: 1000,
      source: 'tier',
    });
    const created = await first.admin('POST', '/admin/tenants/tenant_123/overrides', {
      limit: 'queries_hourly',
      value: 7,
      reason: 'Incident 12',
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect(created.status).toBe(201);
    // The other node's cache would keep the old value for ten minutes: only the push can change it.
    await until(async () => (await limitOf(second, 'tenant_123', 'queries_hourly')).limit === 7);
    const changed = await second.admin('PATCH', `/admin/tenants/tenant_123/overrides/${created.body.id}`, {
      value: 8,
    });
    expect(changed.body).toMatchObject({ value: 8, state: 'active' });
    await second.admin('DELETE', `/admin/tenants/tenant_123/overrides/${created.body.id}`);
    expect(await limitOf(second, 'tenant_123', 'queries_hourly')).toMatchObject({
      limit: 1000,
      source: 'tier',
    });
    const { entries } = (await first.admin('GET', '/admin/audit?tenant_id=tenant_123')).body;
    expect(entries.map(({ action }: { action: string }) => action)).toEqual([
      'override.revoke',
      'override.update',
      'override.create',
    ]);
    expect(entries[2].after).toMatchObject({ reason: 'Incident 12', value: 7 });
  });

  it('picks up a tier change that a migration made, without any push', async () => {
    expect(await limitOf(first, 'tenant_big', 'queries_hourly')).toMatchObject({ limit: 10_000 });
    await first.prisma
      .$executeRaw`UPDATE tier_limits SET value = 12345 WHERE tier_name = 'enterprise' AND limit_id = 1`;
    await until(async () => (await limitOf(first, 'tenant_big', 'queries_hourly')).limit === 12_345);
  });

  it('ships the monthly limit of pro that its migration raised', async () => {
    expect(await limitOf(first, 'tenant_123', 'queries_monthly')).toMatchObject({ limit: 200_000 });
  });

  it('lets nobody in without the key, by no path', async () => {
    const paths = ['/admin/tiers', '/%61dmin/tiers', '/admin/audit', '/admin/tenants/tenant_123/overrides'];
    for (const path of paths) {
      for (const headers of [{}, { 'x-admin-key': 'wrong' }, { 'x-tenant-id': 'tenant_123' }]) {
        expect([path, (await first.send('GET', path, headers as Record<string, string>)).status]).toEqual([
          path,
          401,
        ]);
      }
    }
    const update = await first.send(
      'POST',
      '/admin/quota/update',
      {},
      { tenant_id: 'tenant_123', tier: 'enterprise' },
    );
    expect(update.status).toBe(401);
  });

  it('names what is wrong with a change, and changes nothing', async () => {
    const tier = await first.admin('POST', '/admin/quota/update', { tenant_id: 'tenant_123', tier: 'gold' });
    expect([tier.status, tier.body.detail]).toEqual([
      400,
      'No tier is named "gold"; there are enterprise, free, pro.',
    ]);
    const tenant = await first.admin('POST', '/admin/quota/update', { tenant_id: 'nobody', tier: 'pro' });
    expect(tenant.status).toBe(404);
    const nan = await first.admin('POST', '/admin/quota/update', {
      tenant_id: 'tenant_123',
      limits: { queries_hourly: -1 },
    });
    expect(nan.status).toBe(400);
    expect((await first.get('tenant_123', '/quota/status')).body.tier).toBe('pro');
  });
});
