import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, startApi, type TestApi } from './support/api.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

beforeEach(async () => {
  await api.admin('POST', '/admin/quota/update', { tenant_id: 'tenant_test', tier: 'free' });
  await api.admin('POST', '/admin/queue/purge', { tenant_id: 'tenant_test' });
  await api.admin('POST', '/admin/quota/reset', { tenant_id: 'tenant_test' });
});

const hourly = (status: Answer) =>
  (
    status.body as { limits: { name: string; used: number; held: number; limit: number; source: string }[] }
  ).limits.find(({ name }) => name === 'queries_hourly')!;

async function burst(nodes: readonly TestApi[], count: number): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) => nodes[n % nodes.length]!.query('tenant_test', `burst ${n}`)),
  );
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('a guarded request', () => {
  it('runs within quota, settles the true cost and says what is left', async () => {
    const answer = await api.query('tenant_test', 'Test query');
    expect(answer.status).toBe(200);
    expect(answer.body.simulated).toBe(true);
    expect(answer.headers.get('ratelimit')).toContain('"queries_hourly";r=99;');
    expect(answer.headers.get('ratelimit-policy')).toContain('"queries_hourly";q=100;w=3600');
    const status = await api.get('tenant_test', '/quota/status');
    const tokens = status.body.limits.find(({ name }: { name: string }) => name === 'tokens_daily');
    const { prompt_tokens, completion_tokens } = answer.body.usage;
    expect(tokens).toMatchObject({ used: prompt_tokens + completion_tokens, held: 0 });
  });

  it('admits exactly the limit, queues exactly the depth and refuses the rest, over two nodes', async () => {
    const second = await startApi({}, api.data);
    try {
      // 50 at a time, so that the concurrency limit of the tier does not decide.
      const counts: Record<number, number> = {};
      for (let n = 0; n < 5; n++) {
        for (const [status, count] of Object.entries(await burst([api, second], 50))) {
          counts[Number(status)] = (counts[Number(status)] ?? 0) + count;
        }
      }
      expect(counts).toEqual({ 200: 100, 202: 100, 429: 50 });
      expect(hourly(await api.get('tenant_test', '/quota/status'))).toMatchObject({ used: 100, held: 0 });
    } finally {
      await second.close();
    }
  });

  it('names the violated limit, what is used and when to come back, when its tier rejects', async () => {
    await api.prisma.tier.update({ where: { name: 'free' }, data: { overflow: 'reject' } });
    await api.admin('POST', '/admin/quota/update', {
      tenant_id: 'tenant_test',
      limits: { queries_hourly: 1 },
    });
    expect((await api.query('tenant_test', 'one')).status).toBe(200);
    const refused = await api.query('tenant_test', 'two');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.body).toMatchObject({
      code: 'quota_exceeded',
      violations: [{ name: 'queries_hourly', limit: 1, used: 1, held: 0, requested: 1 }],
    });
    await api.prisma.tier.update({ where: { name: 'free' }, data: { overflow: 'queue' } });
    for (const { id } of (await api.admin('GET', '/admin/tenants/tenant_test/overrides')).body.overrides) {
      expect((await api.admin('DELETE', `/admin/tenants/tenant_test/overrides/${id}`)).status).toBe(204);
    }
  });

  it('answers a clear 4xx for what cannot be, and spends nothing', async () => {
    const T = { 'x-tenant-id': 'tenant_test' };
    const cases: [string, Record<string, string>, unknown, number, string][] = [
      ['no tenant', {}, { query: 'x' }, 401, 'unauthenticated'],
      ['unknown tenant', { 'x-tenant-id': 'nobody' }, { query: 'x' }, 401, 'unauthenticated'],
      ['brace tenant', { 'x-tenant-id': '{}' }, { query: 'x' }, 401, 'unauthenticated'],
      ['no body', T, {}, 400, 'invalid_request'],
      ['number as query', T, { query: 5 }, 400, 'invalid_request'],
      ['unknown field', T, { query: 'x', admin: true }, 400, 'invalid_request'],
      ['broken JSON', T, '{"query":', 400, 'invalid_request'],
      ['fraction', T, { query: 'x', max_tokens: 1.5 }, 400, 'invalid_request'],
      ['oversized', T, { query: 'x'.repeat(400_000) }, 413, 'payload_too_large'],
      ['more than the model can take', T, { query: 'x', max_tokens: 900_000 }, 422, 'context_exceeded'],
      [
        'above the limit itself',
        T,
        { query: 'x', model: 'gpt-4o', max_tokens: 120_000 },
        422,
        'cost_exceeds_limit',
      ],
    ];
    for (const [name, headers, body, status, code] of cases) {
      const answer = await api.send('POST', '/query', headers, body);
      expect([name, answer.status, answer.body.code]).toEqual([name, status, code]);
    }
    expect(hourly(await api.get('tenant_test', '/quota/status'))).toMatchObject({ used: 0, held: 0 });
  });

  it('refuses a suspended tenant as soon as the cache is told', async () => {
    await api.prisma.tenant.create({
      data: { id: 'tenant_suspended', tierName: 'free', status: 'suspended' },
    });
    const answer = await api.query('tenant_suspended', 'x');
    expect([answer.status, answer.body.code]).toEqual([403, 'tenant_suspended']);
  });

  it('weighs a GPT-4 call of 8K context 40 to 80 times a small GPT-3.5 call', async () => {
    const units = async (model: string, query: string, max_tokens: number) =>
      (await api.query('tenant_big', query, { model, max_tokens })).body.usage.cost_units as number;
    const small = await units('gpt-3.5-turbo', 'Hello there', 50);
    const large = await units('gpt-4', 'word '.repeat(7_900), 256);
    expect(large / small).toBeGreaterThanOrEqual(40);
    expect(large / small).toBeLessThanOrEqual(80);
  });
});
