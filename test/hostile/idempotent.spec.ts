import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { exhaustedTenant, limitOf, newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ SIMULATED_BASE_LATENCY_MS: '0', SIMULATED_MS_PER_TOKEN: '0' });
});
afterAll(() => api.close());

interface Sent {
  readonly path: string;
  readonly body?: object;
}

/** A request of each route that changes something, and how often it did so. */
const ROUTES: Record<
  string,
  (tenant: string) => Promise<Sent & { readonly changes: () => Promise<number> }>
> = {
  'POST /query': async (tenant) => ({
    path: '/query',
    body: { query: 'once' },
    changes: async () => (await limitOf(api, tenant)).used,
  }),
  'PUT /quota/storage': async (tenant) => ({
    path: '/quota/storage',
    body: { delta: 100 },
    changes: async () => (await limitOf(api, tenant, 'storage_bytes')).used / 100,
  }),
  'DELETE /jobs/{id}': async (tenant) => {
    const { body } = await api.query(tenant, 'to be cancelled');
    return {
      path: `/jobs/${body.job_id}`,
      changes: () => api.prisma.job.count({ where: { tenantId: tenant, state: 'cancelled' } }),
    };
  },
};
/** Asks what would be decided, and changes nothing. */
const CHANGES_NOTHING = ['POST /quota/check'];

const withKey = (tenant: string, key: string) => ({ 'x-tenant-id': tenant, 'idempotency-key': key });

describe('a tenant repeats a request with its Idempotency-Key', () => {
  it('on every route of the contract that changes something', async () => {
    const { paths } = JSON.parse(await readFile('docs/openapi.json', 'utf8')) as {
      paths: Record<string, Record<string, { security: object[]; parameters: object[] }>>;
    };
    const declared: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { security, parameters }] of Object.entries(operations)) {
        const isTenants = security?.some((one) => 'tenant' in one);
        if (method === 'get' || !isTenants) continue;
        const route = `${method.toUpperCase()} ${path}`;
        if (CHANGES_NOTHING.includes(route)) continue;
        expect(parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key', in: 'header' }));
        declared.push(route);
      }
    }
    expect(declared.sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it.each(Object.keys(ROUTES))('%s: three times, it changes once and answers alike', async (route) => {
    const tenant = route.startsWith('DELETE') ? await exhaustedTenant(api) : await newTenant(api);
    const { path, body, changes } = await ROUTES[route]!(tenant);
    const [method] = route.split(' ') as [string];
    const key = randomUUID();
    const answers = [];
    for (let times = 0; times < 3; times += 1)
      answers.push(await api.send(method, path, withKey(tenant, key), body));
    expect(await changes()).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(Array(3).fill(answers[0]!.status));
    expect(answers[0]!.status).toBeLessThan(300);
    expect(answers[2]!.body).toEqual(answers[0]!.body);
    expect(answers[2]!.headers.get('idempotency-replayed')).toBe('true');
    tried('idempotent', 3);
  });

  it('at once, over and over: it changes once', async () => {
    const tenant = await newTenant(api);
    const key = randomUUID();
    const put = () => api.send('PUT', '/quota/storage', withKey(tenant, key), { delta: 7 });
    const answers = await Promise.all(Array.from({ length: 12 }, put));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await limitOf(api, tenant, 'storage_bytes')).used).toBe(7);
    tried('idempotent', 12);
  });

  it('with another body or on another route: 422, and nothing changes', async () => {
    const tenant = await exhaustedTenant(api);
    const job = (await api.query(tenant, 'waits')).body;
    const key = randomUUID();
    expect((await api.send('PUT', '/quota/storage', withKey(tenant, key), { delta: 7 })).status).toBe(200);
    const others: [string, string, object?][] = [
      ['PUT', '/quota/storage', { delta: 8 }],
      ['PUT', '/quota/storage', { total: 7 }],
      ['POST', '/query', { query: 'other' }],
      ['DELETE', `/jobs/${job.job_id}`],
    ];
    for (const [method, path, body] of others) {
      const answer = await api.send(method, path, withKey(tenant, key), body);
      expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_key_reused']);
    }
    expect((await limitOf(api, tenant, 'storage_bytes')).used).toBe(7);
    expect((await api.get(tenant, `/jobs/${job.job_id}`)).body.state).toBe('waiting');
    tried('idempotent', others.length);
  });

  it('a refused report keeps nothing: with room, the same key counts', async () => {
    const tenant = await newTenant(api, { storage_bytes: 5 });
    const key = randomUUID();
    const put = (delta: number, name = key) =>
      api.send('PUT', '/quota/storage', withKey(tenant, name), { delta });
    expect((await put(5, randomUUID())).status).toBe(200);
    expect((await put(3)).status).toBeGreaterThanOrEqual(422);
    expect((await put(-5, randomUUID())).status).toBe(200);
    expect((await put(3)).status).toBe(200);
    expect((await limitOf(api, tenant, 'storage_bytes')).used).toBe(3);
    tried('idempotent', 4);
  });
});

describe('who may report storage', () => {
  const put = (node: TestApi, headers: Record<string, string>, delta = 10) =>
    node.send('PUT', '/quota/storage', headers, { delta });
  const newKey = async (node: TestApi, tenant: string, scopes?: string[]) => {
    const made = await node.admin('POST', `/admin/tenants/${tenant}/api-keys`, { name: 'x', scopes });
    expect(made.body.scopes).toEqual(scopes ?? []);
    return { authorization: `Bearer ${made.body.key}` };
  };

  it('STORAGE_REPORTERS=scoped: who has the scope, and an operator', async () => {
    const node = await startApi({ STORAGE_REPORTERS: 'scoped', WORKER: 'off' }, api.data);
    try {
      const tenant = await newTenant(node);
      for (const headers of [{ 'x-tenant-id': tenant }, await newKey(node, tenant)]) {
        const refused = await put(node, headers);
        expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
        expect(refused.body.detail).toContain('storage:write');
      }
      expect((await put(node, await newKey(node, tenant, ['storage:write']))).status).toBe(200);
      expect((await limitOf(node, tenant, 'storage_bytes')).used).toBe(10);
      tried('storage', 3);
    } finally {
      await node.close();
    }
  });

  it('STORAGE_REPORTERS=operator: an operator alone, on the record, once for a key', async () => {
    const node = await startApi({ STORAGE_REPORTERS: 'operator', WORKER: 'off' }, api.data);
    try {
      const tenant = await newTenant(node);
      for (const headers of [{ 'x-tenant-id': tenant }, await newKey(node, tenant, ['storage:write'])]) {
        expect((await put(node, headers)).body).toMatchObject({
          code: 'forbidden',
          detail: expect.stringContaining(`/admin/tenants/{id}/storage`),
        });
      }
      const headers = { 'x-admin-key': ADMIN_KEY, 'idempotency-key': randomUUID() };
      for (let times = 0; times < 3; times += 1) {
        const answer = await node.send('PUT', `/admin/tenants/${tenant}/storage`, headers, { delta: 10 });
        expect(answer.body).toMatchObject({ state: 'done', after: { storage_bytes: 10 } });
      }
      expect((await limitOf(node, tenant, 'storage_bytes')).used).toBe(10);
      // The repeat of a report that left too little room for another one like it.
      const limit = 10 + (await limitOf(node, tenant, 'storage_bytes')).remaining;
      const large = { ...headers, 'idempotency-key': randomUUID() };
      for (let times = 0; times < 2; times += 1) {
        const body = { delta: limit - 20 };
        const answer = await node.send('PUT', `/admin/tenants/${tenant}/storage`, large, body);
        expect([answer.status, answer.body.after?.storage_bytes]).toEqual([200, limit - 10]);
      }
      const { entries } = (await node.admin('GET', `/admin/audit?tenant_id=${tenant}`)).body;
      const actions = entries.map(({ action }: { action: string }) => action);
      expect(actions.filter((action: string) => action === 'storage.report')).toHaveLength(5);
      expect(actions.filter((action: string) => action === 'storage.report.requested')).toHaveLength(5);
      const refused = await node.admin('PUT', `/admin/tenants/${tenant}/storage`, { delta: limit });
      expect([refused.status, refused.body.code]).toEqual([422, 'cost_exceeds_limit']);
      const [last] = (await node.admin('GET', `/admin/audit?tenant_id=${tenant}&limit=1`)).body.entries;
      expect(last.action).toBe('storage.report.not_done');
      expect((await limitOf(node, tenant, 'storage_bytes')).used).toBe(limit - 10);
      tried('storage', 7);
    } finally {
      await node.close();
    }
  });
});
