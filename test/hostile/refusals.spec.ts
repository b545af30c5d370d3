import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FairQueue } from 'fairshare/queue';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { RedisConnection } from 'fairshare/redis';
import { KeyedRequests } from '../../apps/api/src/idempotency/keyed-requests.js';
import { startApi, type TestApi } from '../support/api.js';
import { type HeldExecutor, holdExecutor } from '../support/held-executor.js';
import { countWrites, logSql, type SqlLog } from '../support/sql-log.js';
import { newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

const DEPTH = 5;
let api: TestApi;
let sql: SqlLog;
let held: HeldExecutor | undefined;

beforeAll(async () => {
  sql = logSql();
  api = await startApi({ MAX_TOTAL_QUEUE_SIZE: '40', WORKER: 'off' });
  for (const [name, overflow] of [
    ['short', 'queue'],
    ['strict', 'reject'],
  ] as const)
    await api.prisma.tier.create({ data: { name, queueDepth: DEPTH, overflow } });
});
afterEach(() => held?.restore());
afterAll(async () => {
  sql.stop();
  await api.close();
});

async function outOfQuota(tier: string): Promise<string> {
  const id = await newTenant(api, { queries_hourly: 1 });
  await api.prisma.tenant.update({ where: { id }, data: { tierName: tier } });
  await setLimits(api, id, { queries_hourly: 1 });
  await api.app.get(QuotaService).record({ tenantId: parseTenantId(id), cost: { queries: 1 } });
  return id;
}

const ask = (tenant: string, headers: Record<string, string> = {}, query = 'once', more: object = {}) =>
  api.send('POST', '/query', { 'x-tenant-id': tenant, ...headers }, { query, ...more });
const freshKey = () => ({ 'idempotency-key': randomUUID() });

async function keysOf(tenant: string): Promise<number> {
  const redis = api.app.get<{ keys(pattern: string): Promise<string[]> }>(RedisConnection);
  return (await redis.keys(`*${tenant}*`)).length;
}

describe('a request that is refused', () => {
  it('writes no row, whichever bound refuses it, with a fresh Idempotency-Key or without', async () => {
    const strict = await outOfQuota('strict');
    const full = await outOfQuota('short');
    for (let n = 0; n < DEPTH; n += 1) expect((await ask(full)).status).toBe(202);
    const plain = await newTenant(api);
    const large = await newTenant(api, { tokens_daily: 10 });
    const cases: [string, number, () => Promise<{ status: number }>][] = [
      ['out of quota', 429, () => ask(strict, freshKey())],
      ['out of quota, no key', 429, () => ask(strict)],
      ['the line is full', 429, () => ask(full, freshKey())],
      ['the line is full, no key', 429, () => ask(full)],
      ['larger than the limit', 422, () => ask(large, freshKey(), 'word '.repeat(50))],
      ['no query', 400, () => ask(plain, freshKey(), '')],
      ['an unknown field', 400, () => ask(plain, freshKey(), 'x', { nonsense: 1 })],
      ['no tenant', 401, () => ask(`nobody-${randomUUID()}`, freshKey())],
      ['no job', 404, () => api.send('DELETE', `/jobs/${randomUUID()}`, { 'x-tenant-id': plain })],
      [
        'storage over its limit',
        422,
        () => api.send('PUT', '/quota/storage', { 'x-tenant-id': plain, ...freshKey() }, { delta: 2 ** 50 }),
      ],
    ];
    const written = await countWrites(api);
    const rows = await api.prisma.idempotencyKey.count();
    const keys = await keysOf(strict);
    for (const [name, status, refuse] of cases) {
      for (let n = 0; n < 5; n += 1) expect([name, (await refuse()).status]).toEqual([name, status]);
      expect([name, await written()]).toEqual([name, 0]);
    }
    expect(await api.prisma.idempotencyKey.count()).toBe(rows);
    expect(await keysOf(strict)).toBe(keys);
    tried('refusal', cases.length * 5);
  });

  it('writes no row where many come at once for the last places', async () => {
    const tenant = await outOfQuota('short');
    const written = await countWrites(api);
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(tenant)));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted).toHaveLength(DEPTH);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 429]));
    expect(await written()).toBe(DEPTH);
    tried('refusal', answers.length);
  });

  it('writes no row where the queues of all tenants together are full', async () => {
    const tenants = await Promise.all(Array.from({ length: 8 }, () => exhausted()));
    const fill = async () => {
      for (let n = 0; n < 60; n += 1) {
        const { status, body } = await ask(tenants[n % tenants.length]!);
        if (status === 429 && body.queue.reason === 'queue_full') return;
      }
      throw new Error('never full');
    };
    await fill();
    const late = await exhausted();
    const written = await countWrites(api);
    const answer = await ask(late, freshKey());
    expect([answer.status, answer.body.queue.reason]).toEqual([429, 'queue_full']);
    expect(await written()).toBe(0);
    for (const tenant of tenants) await api.admin('POST', '/admin/queue/purge', { tenant_id: tenant });
    tried('refusal', 1);
  });
});

async function exhausted(): Promise<string> {
  const id = await newTenant(api, { queries_hourly: 1 });
  await api.app.get(QuotaService).record({ tenantId: parseTenantId(id), cost: { queries: 1 } });
  return id;
}

describe('a large query out of quota', () => {
  it('of any size that is read can be queued', async () => {
    for (const size of [70_000, 100_000]) {
      const tenant = await outOfQuota('short');
      const query = 'word '.repeat(size / 5);
      const answer = await ask(tenant, freshKey(), query, { model: 'gpt-4o-mini' });
      expect(answer.status).toBe(202);
      await api.send('DELETE', `/jobs/${answer.body.job_id}`, { 'x-tenant-id': tenant });
    }
    tried('refusal', 2);
  });

  it('that can never be queued is told so, without a time to come back, and is not written', async () => {
    const options = api.app.get(FairQueue).options as { maxPayloadBytes: number };
    const { maxPayloadBytes } = options;
    options.maxPayloadBytes = 1_000;
    try {
      const tenant = await outOfQuota('short');
      const written = await countWrites(api);
      const answer = await ask(tenant, freshKey(), 'word '.repeat(400));
      expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
        413,
        'payload_too_large',
        null,
      ]);
      expect(answer.body.detail).toContain('too large to be queued');
      expect(await written()).toBe(0);
      tried('refusal', 1);
    } finally {
      options.maxPayloadBytes = maxPayloadBytes;
    }
  });
});

describe('many repeats of one Idempotency-Key', () => {
  it('cost PostgreSQL a few statements, and those too many to wait are told to come back', async () => {
    const tenant = await newTenant(api);
    held = holdExecutor(api);
    const key = freshKey();
    sql.clear();
    const first = ask(tenant, key);
    await held.began();
    let refused = 0;
    const repeats = Array.from({ length: 300 }, async () => {
      const answer = await ask(tenant, key);
      if (answer.status === 409) refused += 1;
      return answer;
    });
    while (refused < 200) await new Promise((resolve) => setTimeout(resolve, 20));
    held.release();
    const answers = await Promise.all(repeats);
    expect((await first).status).toBe(200);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    for (const { status, headers } of answers)
      if (status === 409) expect(headers.get('retry-after')).toBe('1');
    const keyed = sql.statements().filter((text) => text.includes('idempotency_keys'));
    expect(keyed.length).toBeLessThanOrEqual(5);
    tried('repeated key', answers.length);
  });

  it('to another node cost one watcher there', async () => {
    const other = await startApi({ WORKER: 'off' }, api.data);
    try {
      const tenant = await newTenant(api);
      held = holdExecutor(api);
      const key = freshKey();
      const first = ask(tenant, key);
      await held.began();
      sql.clear();
      const repeats = Array.from({ length: 50 }, () =>
        other.send('POST', '/query', { 'x-tenant-id': tenant, ...key }, { query: 'once' }),
      );
      const requests = other.app.get(KeyedRequests, { strict: false });
      while (requests.waiters < 50) await new Promise((resolve) => setTimeout(resolve, 20));
      held.release();
      const answers = await Promise.all(repeats);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await first).status).toBe(200);
      const looks = sql.statements().filter((text) => text.includes('idempotency_keys'));
      expect(looks.length).toBeLessThanOrEqual(10);
      tried('repeated key', answers.length);
    } finally {
      await other.close();
    }
  });
});

describe('a list', () => {
  it('of jobs does not read their payloads and results', async () => {
    const tenant = await newTenant(api);
    const payload = { text: 'x'.repeat(60_000) };
    await api.prisma.job.createMany({
      data: Array.from({ length: 100 }, () => ({
        id: randomUUID(),
        tenantId: tenant,
        name: 'query',
        payload,
        result: payload,
        cost: { units: 1 },
        weight: 1,
        maxAttempts: 3,
        state: 'succeeded' as const,
      })),
    });
    sql.clear();
    const { body } = await api.get(tenant, '/jobs?limit=100');
    expect(body.jobs).toHaveLength(100);
    const reads = sql.statements().filter((text) => /FROM .*"jobs"/.test(text));
    expect(reads).toHaveLength(1);
    expect(reads[0]).not.toMatch(/"payload"|"result"|"error"/);
    tried('list', 1);
  });
});
