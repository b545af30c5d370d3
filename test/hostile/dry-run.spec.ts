import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { type RedisClient } from 'fairshare/redis';
import { startApi, type TestApi } from '../support/api.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { routesOf } from '../support/routes.js';
import { exhaustedTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

// On busy cores a start alone may take long.
jest.setTimeout(180_000);

let api: TestApi;
let redis: TestRedis;
let database: pg.Client;
let tenant: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  api = await startApi({ WORKER: 'off' });
  redis = await testRedis();
  database = new pg.Client({ connectionString: api.data.DATABASE_URL });
  await database.connect();
  tenant = await exhaustedTenant(api);
  for (let count = 0; count < 3; count += 1) await api.query(tenant, 'waits');
  await api.admin('POST', '/admin/tiers', { name: 'lonely', queue_depth: 1 });
  ids.key = (await api.admin('POST', '/admin/keys', { name: 'reader', role: 'read' })).body.id;
  ids.apiKey = (await api.admin('POST', `/admin/tenants/${tenant}/api-keys`, {})).body.id;
  const override = { limit: 'queries_daily', value: 5, reason: 'Try' };
  ids.override = (await api.admin('POST', `/admin/tenants/${tenant}/overrides`, override)).body.id;
});
afterAll(async () => {
  await database.end();
  await redis.close();
  await api.close();
});

const MODEL = {
  context_window: 10,
  input_micro_units_per_token: 1,
  output_micro_units_per_token: 1,
  minimum_units: 1,
};

/** A change that would be made, for every route of an operator that makes one. */
const samples = (): Record<string, { path?: string; body?: object; code?: number }> => ({
  'POST /admin/keys': { body: { name: 'night', role: 'operate' } },
  'DELETE /admin/keys/{id}': { path: `/admin/keys/${ids.key}` },
  'POST /admin/tenants/{tenantId}/api-keys': { path: `/admin/tenants/${tenant}/api-keys`, body: {} },
  'DELETE /admin/tenants/{tenantId}/api-keys/{id}': {
    path: `/admin/tenants/${tenant}/api-keys/${ids.apiKey}`,
  },
  'POST /admin/limits': { body: { name: 'pages', resource: 'pages', kind: 'level' } },
  'PUT /admin/models/{name}': { path: '/admin/models/gpt-4', body: MODEL },
  'DELETE /admin/models/{name}': { path: '/admin/models/gpt-4' },
  'POST /admin/tenants/{tenantId}/overrides': {
    path: `/admin/tenants/${tenant}/overrides`,
    body: { limit: 'queries_hourly', value: 9, reason: 'Try' },
  },
  'PATCH /admin/tenants/{tenantId}/overrides/{id}': {
    path: `/admin/tenants/${tenant}/overrides/${ids.override}`,
    body: { value: 6 },
  },
  'DELETE /admin/tenants/{tenantId}/overrides/{id}': {
    path: `/admin/tenants/${tenant}/overrides/${ids.override}`,
  },
  'POST /admin/queue/pause': { body: { tenant_id: tenant } },
  'POST /admin/queue/resume': { body: { all: true } },
  'POST /admin/queue/purge': { body: { all: true } },
  'POST /admin/queue/requeue': { body: { tenant_id: tenant } },
  'POST /admin/quota/update': { body: { tenant_id: tenant, tier: 'pro', limits: { queries_hourly: 50 } } },
  'POST /admin/quota/reset': { body: { tenant_id: tenant } },
  'POST /admin/tenants': { body: { id: 'young', tier: 'free' } },
  'PATCH /admin/tenants/{tenantId}': { path: `/admin/tenants/${tenant}`, body: { weight: 7 } },
  'DELETE /admin/tenants/{tenantId}': { path: `/admin/tenants/${tenant}` },
  'PUT /admin/tenants/{tenantId}/storage': {
    path: `/admin/tenants/${tenant}/storage`,
    body: { total: 1_000 },
  },
  'POST /admin/tiers': { body: { name: 'startup', queue_depth: 3, limits: { queries_hourly: 5 } } },
  'PATCH /admin/tiers/{name}': {
    path: '/admin/tiers/free',
    body: { weight: 7, limits: { tokens_daily: null } },
  },
  'DELETE /admin/tiers/{name}': { path: '/admin/tiers/lonely' },
});

describe('?dry_run=true', () => {
  it('of every change of an operator changes nothing, in PostgreSQL and in Redis, and says what would', async () => {
    const changes = routesOf().filter(({ method, path }) => path.startsWith('/admin/') && method !== 'GET');
    expect(changes.map(({ name }) => name).sort()).toEqual(Object.keys(samples()).sort());
    const before = await everything();
    for (const { name, method, path } of changes) {
      const sample = samples()[name]!;
      const answer = await api.admin(method, `${sample.path ?? path}?dry_run=true`, sample.body);
      expect([name, answer.status, answer.body?.dry_run]).toEqual([name, 200, true]);
      expect([name, answer.body.before === null && answer.body.after === null]).toEqual([name, false]);
      expect(JSON.stringify(answer.body)).not.toMatch(/fs[ak]_\w{20}/);
      expect([name, await everything()]).toEqual([name, before]);
    }
    tried('dry run', changes.length);
  });

  it.each(['', '1', 'TRUE', 'yes', 'null', 'true '])(
    'says that %j is neither true nor false',
    async (text) => {
      const before = await everything();
      for (const [name, { path, body }] of Object.entries(samples())) {
        const [method, contract] = name.split(' ') as [string, string];
        const url = `${path ?? contract}?dry_run=${encodeURIComponent(text)}`;
        expect([name, (await api.admin(method, url, body)).status]).toEqual([name, 400]);
      }
      expect(await everything()).toEqual(before);
      tried('dry run', Object.keys(samples()).length);
    },
  );

  it('tells what the change itself then tells', async () => {
    for (const name of ['POST /admin/queue/pause', 'POST /admin/quota/reset', 'POST /admin/queue/purge']) {
      const body = { tenant_id: tenant };
      const dry = await api.admin('POST', `${name.split(' ')[1]}?dry_run=true`, body);
      const real = await api.admin('POST', name.split(' ')[1]!, body);
      expect(real.body).toMatchObject({ state: 'done', before: dry.body.before, after: dry.body.after });
    }
  });
});

/** Every row and every key of this test's own. */
async function everything(): Promise<Record<string, unknown>> {
  const { rows } = await database.query<{ table_name: string }>(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE 'usage_%' ORDER BY 1`,
  );
  const found: Record<string, unknown> = {};
  for (const { table_name: name } of rows) {
    found[name] = (await database.query(`SELECT t::text FROM "${name}" AS t ORDER BY 1`)).rows;
  }
  const keys = (await redis.client.keys(`${api.data.REDIS_KEY_PREFIX}*`)).sort();
  for (const key of keys.filter((one) => !/:waits|:wake|marker/.test(one))) {
    found[key] = await dump(redis.client, key);
  }
  return found;
}

async function dump(client: RedisClient, key: string): Promise<string | undefined> {
  return (await client.dumpBuffer(key))?.toString('base64');
}
