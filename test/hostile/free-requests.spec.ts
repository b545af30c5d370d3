import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';
import { logSql, type SqlLog } from '../support/sql-log.js';
import { newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

const MOST = 5;
let api: TestApi;
let sql: SqlLog;

beforeAll(async () => {
  sql = logSql();
  api = await startApi({ FREE_REQUESTS_PER_ADDRESS: '100000', WORKER: 'off' });
  await api.prisma.tier.create({
    data: { name: 'small', queueDepth: 50, overflow: 'queue', freeRequestsPerMinute: MOST },
  });
});
afterAll(async () => {
  sql.stop();
  await api.close();
});

async function smallTenant(limits: Record<string, number> = {}): Promise<string> {
  const id = await newTenant(api, limits);
  await api.admin('PATCH', `/admin/tenants/${id}`, { tier: 'small' });
  return id;
}

const KINDS: [string, (tenant: string) => [string, string, unknown?]][] = [
  ['status', () => ['GET', '/quota/status']],
  ['check', () => ['POST', '/quota/check', { cost: { queries: 1 } }]],
  ['list', () => ['GET', '/jobs']],
  ['a job that is none', () => ['GET', `/jobs/${randomUUID()}`]],
  ['cancel', () => ['DELETE', `/jobs/${randomUUID()}`]],
  ['usage', () => ['GET', '/quota/usage']],
  ['stats', () => ['GET', '/queue/stats']],
  ['an invalid query', () => ['POST', '/query', { query: '' }]],
];

describe('requests that spend no quota', () => {
  it.each(KINDS)('are limited by the tier, before any SQL: %s', async (_, request) => {
    const tenant = await smallTenant();
    const ask = () => {
      const [method, path, body] = request(tenant);
      return api.send(method, path, { 'x-tenant-id': tenant }, body);
    };
    for (let n = 0; n < MOST; n += 1) expect((await ask()).status).not.toBe(429);
    sql.clear();
    for (let n = 0; n < 5; n += 1) {
      const answer = await ask();
      expect([answer.status, answer.body.code]).toEqual([429, 'too_many_requests']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(sql.statements()).toEqual([]);
    tried('free request', MOST + 5);
  });

  it('are not those that are answered', async () => {
    const tenant = await smallTenant();
    for (let n = 0; n < 3 * MOST; n += 1) expect((await api.query(tenant, 'paid')).status).toBe(200);
    tried('free request', 3 * MOST);
  });

  it('count by their size where they are queued', async () => {
    const tenant = await smallTenant({ queries_hourly: 1 });
    expect((await api.query(tenant, 'paid')).status).toBe(200);
    expect((await api.query(tenant, 'word '.repeat(600))).status).toBe(202);
    expect((await api.query(tenant, 'word '.repeat(600))).body.code).toBe('too_many_requests');
    tried('free request', 2);
  });

  it('of nobody are limited by their address; whoever is known goes on', async () => {
    const node = await startApi({ FREE_REQUESTS_PER_ADDRESS: '20' }, api.data);
    try {
      const tenant = await newTenant(api);
      expect((await node.get(tenant, '/quota/status')).status).toBe(200);
      const kinds: [string, string, Record<string, string>][] = [
        ['GET', '/no/such/path', {}],
        ['GET', '/quota/status', {}],
        ['GET', '/quota/status', { 'x-tenant-id': 'nobody' }],
        ['GET', '/queue/stats', {}],
      ];
      for (let n = 0; n < 30; n += 1) {
        const [method, path, headers] = kinds[n % kinds.length]!;
        await node.send(method, path, headers);
      }
      sql.clear();
      for (const [method, path, headers] of [
        ...kinds.filter(([, , { 'x-tenant-id': id }]) => id !== 'nobody'),
        ['GET', '/quota/status', { 'x-tenant-id': `nobody-${randomUUID()}` }],
        ['GET', '/quota/status', { authorization: 'Bearer fsk_wrong' }],
        ['GET', '/admin/audit', { 'x-admin-key': 'wrong' }],
      ] as typeof kinds) {
        const { status, body } = await node.send(method, path, headers);
        expect([path, status, body.code]).toEqual([path, 429, 'too_many_requests']);
      }
      expect(sql.statements()).toEqual([]);
      expect((await node.get(tenant, '/quota/status')).status).toBe(200);
      expect((await node.admin('GET', '/admin/tiers')).status).toBe(200);
      expect((await node.send('GET', '/health')).status).toBe(200);
      tried('free request', 36);
    } finally {
      await node.close();
    }
  });

  it('are not limited where the operator turns it off', async () => {
    const node = await startApi({ FREE_REQUEST_LIMITS: 'false' }, api.data);
    try {
      const tenant = await smallTenant();
      for (let n = 0; n < 3 * MOST; n += 1)
        expect((await node.get(tenant, '/quota/status')).status).toBe(200);
    } finally {
      await node.close();
    }
  });
});

describe('a wrong key', () => {
  it.each([
    ['of a tenant', '/quota/status', (n: number) => ({ authorization: `Bearer fsk_guess${n}` })],
    ['of an operator', '/admin/audit', (n: number) => ({ 'x-admin-key': `guess ${n}` })],
  ])('costs no SQL once its address has to wait: %s', async (_, path, guess) => {
    const node = await startApi({ TENANT_AUTH: 'token' }, api.data);
    try {
      for (let n = 0; n < 10; n += 1) await node.send('GET', path, guess(n));
      sql.clear();
      for (let n = 10; n < 60; n += 1) {
        const { status, body } = await node.send('GET', path, guess(n));
        expect([status, body.code]).toEqual([429, 'too_many_attempts']);
      }
      expect(sql.statements().filter((text) => /api_keys|admin_keys/.test(text))).toEqual([]);
      tried('wrong key', 60);
    } finally {
      await node.close();
    }
  });
});
