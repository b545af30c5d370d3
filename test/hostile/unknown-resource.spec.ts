import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  FakeQuota,
  newOperationId,
  parseTenantId,
  type QuotaVerbs,
  UnknownResourceError,
} from 'fairshare/quota';
import { ADMIN_KEY, type TestApi, startApi } from '../support/api.js';
import { define, type Harness, MemoryLimits, openHarness, tier } from '../support/quota-harness.js';
import { newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

// As a client, or a developer, may misspell a resource: [what is asked for, what the error says].
const MISTAKES: readonly [string, string][] = [
  ['bananas', 'No limit counts a resource "bananas".'],
  ['querys', 'Did you mean "queries"?'],
  ['QUERIES', 'Did you mean "queries"?'],
  ['token', 'Did you mean "tokens"?'],
  ['costunits', 'Did you mean "cost_units"?'],
  ['queries_hourly', 'the resource that it counts is "queries"'],
  ['queries_monthly', 'the resource that it counts is "queries"'],
  ['tokens_daily', 'the resource that it counts is "tokens"'],
  ['cost_units_daily', 'the resource that it counts is "cost_units"'],
  [' queries', 'Did you mean "queries"?'],
  ['x'.repeat(1_000), 'No limit counts'],
];

describe('POST /quota/check', () => {
  let api: TestApi;
  let tenant: string;
  beforeAll(async () => {
    api = await startApi();
    tenant = await newTenant(api);
  });
  afterAll(() => api.close());
  const check = (cost: object) => api.send('POST', '/quota/check', { 'x-tenant-id': tenant }, { cost });

  it.each(MISTAKES)('refuses %s, and names the resources that exist', async (name, reason) => {
    const { status, body } = await check({ queries: 1, [name]: 1 });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.detail).toContain(reason);
    expect(body.resources).toEqual(['cost_units', 'queries', 'storage_bytes', 'tokens']);
    expect(body.errors).toHaveLength(1);
    expect(body.detail.length).toBeLessThan(500);
    tried('unknown resource', 1);
  });

  it('refuses what every object has as a resource, a limit or a member of any map, and drops none', async () => {
    const inherited = [
      ...Object.getOwnPropertyNames(Object.prototype),
      ...['prototype', 'then', 'toJSON', 'constructor.prototype', '__proto__.admin'],
    ];
    const bodies = (name: string): [string, string, string][] => [
      ['POST', '/quota/check', `{"cost":{"queries":1,${JSON.stringify(name)}:1}}`],
      ['POST', '/quota/check', `{"cost":{${JSON.stringify(name)}:1}}`],
      ['POST', '/quota/check', `{"cost":{"queries":1},${JSON.stringify(name)}:1}`],
      ['POST', '/query', `{"query":"x",${JSON.stringify(name)}:1}`],
      [
        'POST',
        '/admin/quota/update',
        `{"tenant_id":${JSON.stringify(tenant)},"limits":{${JSON.stringify(name)}:1}}`,
      ],
      [
        'POST',
        '/admin/quota/reset',
        `{"tenant_id":${JSON.stringify(tenant)},"limits":[${JSON.stringify(name)}]}`,
      ],
      ['PATCH', '/admin/tiers/free', `{"limits":{${JSON.stringify(name)}:{"value":1}}}`],
    ];
    for (const name of inherited) {
      for (const [method, path, body] of bodies(name)) {
        const answer = await api.send(
          method,
          path,
          { 'x-tenant-id': tenant, 'x-admin-key': ADMIN_KEY },
          body,
        );
        expect([method, path, body, answer.status]).toEqual([method, path, body, 400]);
        tried('unknown resource', 1);
      }
    }
  });

  it('refuses the name of every limit there is that is no resource', async () => {
    const { body } = await api.admin('GET', '/admin/limits');
    const limits = body.limits as { name: string; resource: string }[];
    const resources = new Set(limits.map(({ resource }) => resource));
    for (const { name, resource } of limits.filter((limit) => !resources.has(limit.name))) {
      const answer = await check({ [name]: 1 });
      expect([answer.status, answer.body.detail]).toEqual([
        400,
        expect.stringContaining(JSON.stringify(resource)),
      ]);
      tried('unknown resource', 1);
    }
    expect(await check(Object.fromEntries([...resources].map((name) => [name, 0])))).toMatchObject({
      status: 200,
      body: { allowed: true, unlimited: [] },
    });
  });

  it('allows a resource that only this tenant has no limit for, from the moment its limit exists, and says unlimited', async () => {
    const name = 'bananas_daily';
    expect((await check({ pears: 1 })).status).toBe(400);
    const limit = { name, resource: 'pears', kind: 'window', period: 'day' };
    expect((await api.admin('POST', '/admin/limits', limit)).status).toBe(201);
    const { body } = await check({ queries: 1, pears: 1e9 });
    expect(body).toMatchObject({ allowed: true, violations: [], unlimited: ['pears'] });
    const denied = await check({ queries: 1e9, pears: 1 });
    expect(denied.body).toMatchObject({ allowed: false, unlimited: ['pears'] });
    tried('unknown resource', 3);
  });
});

describe('every verb that takes a cost', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await openHarness();
  });
  afterAll(() => harness.close());

  const QUERIES = define(1, 'queries_hourly', 'queries', 'window', 'hour');
  const TOKENS = define(2, 'tokens_daily', 'tokens', 'window', 'day');
  const DISK = define(3, 'disk_bytes', 'disk', 'level');
  const acme = parseTenantId('acme');
  const giveLimits = (limits: MemoryLimits) => {
    limits.set(acme, [tier(QUERIES, 5)]);
    limits.set(parseTenantId('other'), [tier(TOKENS, 5), tier(DISK, 5)]);
    return limits;
  };
  const engines: [string, () => QuotaVerbs][] = [
    ['QuotaService', () => (giveLimits(harness.limits), harness.service)],
    ['FakeQuota', () => new FakeQuota({ limits: giveLimits(new MemoryLimits()) })],
  ];
  const verbs: [string, (quota: QuotaVerbs, resource: string) => Promise<unknown>][] = [
    ['check', (quota, name) => quota.check({ tenantId: acme, cost: { [name]: 1 } })],
    ['spend', (quota, name) => quota.spend({ tenantId: acme, cost: { [name]: 1 } })],
    ['reserve', (quota, name) => quota.reserve({ tenantId: acme, cost: { [name]: 1 } })],
    ['record', (quota, name) => quota.record({ tenantId: acme, cost: { [name]: 1 } })],
    ['adjust', (quota, name) => quota.adjust({ tenantId: acme, resource: name, delta: 1 })],
    [
      'extend',
      async (quota, name) => {
        const { operationId } = await quota.reserve({ tenantId: acme, cost: {} });
        return quota.extend({ tenantId: acme, operationId, cost: { [name]: 1 } });
      },
    ],
  ];

  describe.each(engines)('of %s', (_engine, engine) => {
    it.each(verbs)('%s refuses what no limit of any tier counts', async (_verb, call) => {
      const quota = engine();
      for (const name of ['bananas', 'queries_hourly', 'Queries', '__proto__x']) {
        await expect(call(quota, name)).rejects.toBeInstanceOf(UnknownResourceError);
        tried('unknown resource', 1);
      }
      const { limits } = await quota.status({ tenantId: acme });
      expect(limits).toMatchObject([{ used: 0 }]);
    });

    it.each(verbs)('%s takes what only another tenant has a limit for', async (verb, call) => {
      const answer = await call(engine(), 'tokens');
      if (verb !== 'record') expect(answer).toMatchObject({ allowed: true, unlimited: ['tokens'] });
    });

    it('settles the work that was done, whatever it names', async () => {
      const quota = engine();
      const operationId = newOperationId();
      await quota.reserve({ tenantId: acme, operationId, cost: { queries: 1 } });
      const ended = await quota.settle({ tenantId: acme, operationId, cost: { queries: 0, bananas: 1 } });
      expect(ended).toMatchObject({ outcome: 'settled', charged: {} });
    });
  });
});
