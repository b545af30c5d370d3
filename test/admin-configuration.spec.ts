import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UsageWriter } from '../apps/api/src/usage/usage-writer.js';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';

let api: TestApi;
let other: TestApi;

beforeAll(async () => {
  api = await startApi({ SIMULATED_BASE_LATENCY_MS: '0', SIMULATED_MS_PER_TOKEN: '0' });
  other = await startApi({ QUOTA_CACHE_TTL_MS: '600000' }, api.data);
});
afterAll(async () => {
  await other.close();
  await api.close();
});

const put = (method: string, path: string, body: unknown, ifMatch?: string) =>
  api.send(method, path, { 'x-admin-key': ADMIN_KEY, ...(ifMatch ? { 'if-match': ifMatch } : {}) }, body);

const limitOf = async (node: TestApi, tenantId: string, name: string) =>
  (await node.get(tenantId, '/quota/status')).body.limits.find(
    (limit: { name: string }) => limit.name === name,
  );

async function lastAudit() {
  return (await api.admin('GET', '/admin/audit?limit=1')).body.entries[0];
}

describe('tiers', () => {
  it('are added, changed for all their tenants everywhere at once, and removed when nobody has them', async () => {
    const created = await api.admin('POST', '/admin/tiers', {
      name: 'startup',
      queue_depth: 7,
      overflow: 'reject',
      limits: { queries_hourly: 5, tokens_daily: 1_000 },
    });
    expect(created).toMatchObject({ status: 201, body: { name: 'startup', weight: 1, queue_depth: 7 } });
    await api.admin('POST', '/admin/tenants', { id: 'young', tier: 'startup' });
    expect(await limitOf(other, 'young', 'queries_hourly')).toMatchObject({ limit: 5, source: 'tier' });

    const changed = await api.admin('PATCH', '/admin/tiers/startup', {
      limits: { queries_hourly: 6, tokens_daily: null },
    });
    expect(changed.body.limits).toEqual({ queries_hourly: 6 });
    // The other node's cache would keep it for ten minutes.
    while ((await limitOf(other, 'young', 'queries_hourly')).limit !== 6);
    expect(await limitOf(other, 'young', 'tokens_daily')).toBeUndefined();
    expect(await lastAudit()).toMatchObject({
      action: 'tier.update',
      before: { limits: { queries_hourly: 5, tokens_daily: 1_000 } },
      after: { limits: { queries_hourly: 6 } },
    });

    expect(await api.admin('DELETE', '/admin/tiers/startup')).toMatchObject({
      status: 409,
      body: { tenants: ['young'], tenant_count: 1 },
    });
    await api.admin('PATCH', '/admin/tenants/young', { tier: 'free' });
    expect((await api.admin('DELETE', '/admin/tiers/startup')).status).toBe(204);
    expect((await api.admin('GET', '/admin/tiers/startup')).status).toBe(404);
    await api.admin('DELETE', '/admin/tenants/young');
  });

  it('are not overwritten by an operator who has read an older state', async () => {
    const read = await api.admin('GET', '/admin/tiers/pro');
    const etag = read.headers.get('etag')!;
    const first = await put('PATCH', '/admin/tiers/pro', { weight: 3 }, etag);
    expect(first.status).toBe(200);
    expect(first.headers.get('etag')).not.toBe(etag);
    const second = await put('PATCH', '/admin/tiers/pro', { weight: 9 }, etag);
    expect(second).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect((await api.admin('GET', '/admin/tiers/pro')).body.weight).toBe(3);
    expect((await put('DELETE', '/admin/tiers/pro', undefined, etag)).status).toBe(412);
  });

  it('say in a dry run whom a change would put over, and change nothing', async () => {
    for (let count = 0; count < 3; count += 1) await api.query('tenant_test', `Question ${count}`);
    const before = (await api.admin('GET', '/admin/tiers/free')).body;
    const dry = await api.admin('PATCH', '/admin/tiers/free?dry_run=true', { limits: { queries_hourly: 2 } });
    expect(dry).toMatchObject({
      status: 200,
      body: {
        dry_run: true,
        tenants: 1,
        before: { limits: { queries_hourly: 100 } },
        after: { limits: { queries_hourly: 2 } },
        over: [{ tenant_id: 'tenant_test', name: 'queries_hourly', used: 3, limit: 2 }],
      },
    });
    expect((await api.admin('GET', '/admin/tiers/free')).body).toEqual(before);
    expect((await lastAudit()).after).not.toMatchObject({ limits: { queries_hourly: 2 } });
    expect((await limitOf(api, 'tenant_test', 'queries_hourly')).limit).toBe(100);
  });

  it.each([
    [{ name: 'Bad Name', queue_depth: 1 }, 'name'],
    [{ name: 'x', queue_depth: -1 }, 'queue_depth'],
    [{ name: 'x', queue_depth: 1, limits: { nothing: 1 } }, 'No limit is named'],
    [{ name: 'x', queue_depth: 1, limits: { queries_hourly: 1.5 } }, 'limits.queries_hourly'],
    [{ name: 'x', queue_depth: 1, limits: { queries_hourly: { value: 1, burst: 2 } } }, 'no bucket'],
    [{ name: 'x', queue_depth: 1, version: 99 }, 'version'],
    [{ name: 'free', queue_depth: 1 }, 'already'],
  ])('are refused with a reason: %j', async (body, why) => {
    const refused = await api.admin('POST', '/admin/tiers', body);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(refused.body)).toContain(why);
    expect((await api.admin('GET', '/admin/tiers/x')).status).toBe(404);
  });
});

describe('limits', () => {
  it('of a new name bind as soon as a tier or an override says so, buckets too', async () => {
    const images = { name: 'images_daily', resource: 'images', kind: 'window', period: 'day' };
    const burst = { name: 'query_rate', resource: 'queries', kind: 'bucket', period: 'minute' };
    expect((await api.admin('POST', '/admin/limits', images)).status).toBe(201);
    expect((await api.admin('POST', '/admin/limits', burst)).status).toBe(201);
    await api.admin('PATCH', '/admin/tiers/enterprise', {
      limits: { images_daily: 3, query_rate: { value: 60, burst: 2 } },
    });
    const check = async (cost: object) =>
      (await api.send('POST', '/quota/check', { 'x-tenant-id': 'tenant_big' }, { cost })).body;
    expect((await check({ images: 4 })).violations).toMatchObject([{ name: 'images_daily', limit: 3 }]);
    expect((await check({ queries: 3 })).violations).toMatchObject([{ name: 'query_rate', limit: 2 }]);
    await api.admin('POST', '/admin/tenants/tenant_big/overrides', {
      limit: 'query_rate',
      value: 60,
      burst: 3,
      reason: 'Try',
    });
    expect((await check({ queries: 3 })).allowed).toBe(true);
    await api.admin('PATCH', '/admin/tiers/enterprise', { limits: { images_daily: null, query_rate: null } });
  });

  it.each([
    [{ name: 'queries_hourly', resource: 'queries', kind: 'window', period: 'hour' }, 'already'],
    [{ name: 'x', resource: 'x', kind: 'window' }, 'period must be set'],
    [{ name: 'x', resource: 'x', kind: 'level', period: 'day' }, 'period makes no sense'],
    [{ name: 'X', resource: 'x', kind: 'level' }, 'name'],
  ])('are refused with a reason: %j', async (body, why) => {
    expect(JSON.stringify((await api.admin('POST', '/admin/limits', body)).body)).toContain(why);
  });
});

describe('tenants', () => {
  it('are added, listed in pages, changed, suspended everywhere at once, and removed with all they had', async () => {
    for (const id of ['page-a', 'page-b', 'page-c']) {
      const made = await api.admin('POST', '/admin/tenants', { id, tier: 'free', metadata: { crm: id } });
      expect(made).toMatchObject({ status: 201, body: { id, status: 'active', weight: null } });
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = `/admin/tenants?tier=free&limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
      const page: { tenants: { id: string }[]; next_cursor: string | null } = (await api.admin('GET', query))
        .body;
      seen.push(...page.tenants.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(['page-a', 'page-b', 'page-c', 'tenant_test']);

    expect((await other.get('page-a', '/quota/status')).status).toBe(200);
    await api.admin('PATCH', '/admin/tenants/page-a', { status: 'suspended' });
    while ((await other.get('page-a', '/quota/status')).status !== 403);
    await api.admin('PATCH', '/admin/tenants/page-a', { status: 'active', weight: 5 });
    expect((await api.admin('GET', '/admin/tenants/page-a')).body).toMatchObject({
      weight: 5,
      metadata: { crm: 'page-a' },
    });
    await api.admin('PATCH', '/admin/tenants/page-a', { weight: null });
    expect((await api.admin('GET', '/admin/tenants/page-a')).body.weight).toBeNull();

    await api.query('page-a', 'Question');
    const { key } = (await api.admin('POST', '/admin/tenants/page-a/api-keys', {})).body;
    for (const id of ['page-a', 'page-b', 'page-c']) {
      expect((await api.admin('DELETE', `/admin/tenants/${id}`)).status).toBe(204);
    }
    expect((await api.get('page-a', '/quota/status')).status).toBe(401);
    expect((await api.send('GET', '/quota/status', { authorization: `Bearer ${key}` })).status).toBe(401);
    await api.admin('POST', '/admin/tenants', { id: 'page-a', tier: 'free' });
    expect((await limitOf(api, 'page-a', 'queries_hourly')).used).toBe(0);
    // Nor does use that was still to be written come to the new tenant.
    await api.app.get(UsageWriter).flush();
    expect(await api.prisma.usageLedger.count({ where: { tenantId: 'page-a' } })).toBe(0);
    await api.admin('DELETE', '/admin/tenants/page-a');
  });

  it('are changed by the first of two operators only', async () => {
    const etag = (await api.admin('GET', '/admin/tenants/tenant_123')).headers.get('etag')!;
    const both = await Promise.all(
      [7, 8].map((weight) => put('PATCH', '/admin/tenants/tenant_123', { weight }, etag)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const change = { tenant_id: 'tenant_123', limits: { queries_hourly: 5 } };
    expect((await put('POST', '/admin/quota/update', change, etag)).status).toBe(412);
    const { headers } = await api.admin('GET', '/admin/tenants/tenant_123');
    expect((await put('POST', '/admin/quota/update', change, headers.get('etag')!)).status).toBe(200);
  });

  it.each([
    [{ id: '', tier: 'free' }, 'id'],
    [{ id: 'a\u0000b', tier: 'free' }, 'id'],
    [{ id: 'x'.repeat(129), tier: 'free' }, 'id'],
    [{ id: 'x', tier: 'gold' }, 'No tier is named'],
    [{ id: 'x', tier: 'free', weight: 0 }, 'weight'],
    [{ id: 'x', tier: 'free', metadata: 'text' }, 'metadata'],
    [{ id: 'tenant_test', tier: 'free' }, 'already'],
  ])('are refused with a reason: %j', async (body, why) => {
    const refused = await api.admin('POST', '/admin/tenants', body);
    expect([
      refused.status >= 400 && refused.status < 500,
      JSON.stringify(refused.body).includes(why),
    ]).toEqual([true, true]);
  });
});

describe('overrides', () => {
  it('are listed by state, guarded by If-Match, and tried dry', async () => {
    const path = '/admin/tenants/tenant_test/overrides';
    const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const body = { limit: 'queries_daily', value: 1, reason: 'Try' };
    const dry = await api.admin('POST', `${path}?dry_run=true`, body);
    expect(dry).toMatchObject({ status: 200, body: { dry_run: true, tenants: 1, after: { value: 1 } } });
    expect(dry.body.over).toEqual([expect.objectContaining({ name: 'queries_daily', limit: 1 })]);
    expect((await api.admin('GET', `${path}?state=all`)).body.overrides).toEqual([]);

    const now = await api.admin('POST', path, { ...body, value: 50, expires_at: hour(1) });
    const later = await api.admin('POST', path, {
      ...body,
      value: 60,
      starts_at: hour(1),
      expires_at: hour(2),
    });
    const ids = async (state: string) =>
      (await api.admin('GET', `${path}?state=${state}`)).body.overrides.map(({ id }: { id: number }) => id);
    expect(await ids('active')).toEqual([now.body.id]);
    expect(await ids('scheduled')).toEqual([later.body.id]);
    const etag = now.headers.get('etag')!;
    expect((await put('PATCH', `${path}/${now.body.id}`, { value: 51 }, etag)).status).toBe(200);
    expect((await put('PATCH', `${path}/${now.body.id}`, { value: 52 }, etag)).status).toBe(412);
    await api.admin('DELETE', `${path}/${now.body.id}`);
    await api.admin('DELETE', `${path}/${later.body.id}`);
    expect([await ids('open'), await ids('revoked')]).toEqual([[], [now.body.id, later.body.id]]);
  });
});

describe('models', () => {
  it('weigh otherwise from the next call on, on every node', async () => {
    const weigh = async (node: TestApi) =>
      (await node.query('tenant_big', 'Question', { model: 'tiny' })).body.usage.cost_units;
    const before = await weigh(other);
    const row = {
      context_window: 4_096,
      input_micro_units_per_token: 0,
      output_micro_units_per_token: 0,
      minimum_units: before + 10,
    };
    const made = await api.admin('PUT', '/admin/models/tiny', row);
    expect(made).toMatchObject({ status: 200, body: { name: 'tiny', ...row } });
    while ((await weigh(other)) !== before + 10);
    const etag = made.headers.get('etag')!;
    expect((await put('PUT', '/admin/models/tiny', row, etag)).status).toBe(200);
    expect((await put('PUT', '/admin/models/tiny', row, etag)).status).toBe(412);
    expect((await api.admin('DELETE', '/admin/models/tiny')).status).toBe(204);
    while ((await weigh(other)) !== before);
    expect((await api.admin('DELETE', '/admin/models/tiny')).status).toBe(404);
    expect((await api.admin('DELETE', '/admin/models/*')).status).toBe(409);
    expect((await api.admin('PUT', '/admin/models/tiny', { ...row, minimum_units: 0 })).status).toBe(400);
  });
});

describe('the audit log', () => {
  it('is read in pages and by filters, and cannot be changed', async () => {
    const first = (await api.admin('GET', '/admin/audit?limit=2')).body;
    expect(first.entries).toHaveLength(2);
    const second = (await api.admin('GET', `/admin/audit?limit=2&cursor=${first.next_cursor}`)).body;
    expect(second.entries[0].id).toBeLessThan(first.entries[1].id);
    const tiers = (await api.admin('GET', '/admin/audit?action=tier.create')).body;
    expect(tiers.entries.map(({ target }: { target: string }) => target)).toEqual(['tier startup']);
    expect(tiers.next_cursor).toBeNull();
    expect((await api.admin('GET', '/admin/audit?actor=nobody')).body.entries).toEqual([]);
    expect((await api.admin('GET', '/admin/audit?to=2020-01-01T00:00:00Z')).body.entries).toEqual([]);
    expect((await api.admin('GET', '/admin/audit?from=yesterday')).status).toBe(400);
    await expect(api.prisma.auditEntry.deleteMany()).rejects.toThrow();
    await expect(api.prisma.auditEntry.updateMany({ data: { actor: 'x' } })).rejects.toThrow();
  });
});
