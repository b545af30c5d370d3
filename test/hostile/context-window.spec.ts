import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';
import { tried } from '../support/tried.js';

const WINDOW = 1_000;
const TENANT = 'tenant_123';
let api: TestApi;

beforeAll(async () => {
  api = await startApi({ WORKER: 'off', DEFAULT_MAX_TOKENS: '64', SIMULATED_BASE_LATENCY_MS: '0' });
  await api.admin('PUT', '/admin/models/small', {
    context_window: WINDOW,
    input_micro_units_per_token: 1,
    output_micro_units_per_token: 1,
    minimum_units: 1,
  });
});
afterAll(() => api.close());

const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');

async function standing(tenantId: string) {
  const { body } = await api.get(tenantId, '/quota/status');
  return (body as { limits: { name: string; used: number; held: number }[] }).limits.map(
    ({ name, used, held }) => [name, used, held],
  );
}

describe('the context window of a model', () => {
  it.each<[string, string, { max_tokens?: number }, Record<string, string>]>([
    ['a prompt that leaves no room', words(WINDOW), {}, {}],
    ['a prompt that is larger itself', words(5 * WINDOW), {}, {}],
    ['an unbroken prompt', 'ab'.repeat(20_000), {}, {}],
    ['max_tokens that do not fit beside the prompt', words(WINDOW - 10), { max_tokens: 11 }, {}],
    ['max_tokens that do not fit at all', 'x', { max_tokens: WINDOW }, {}],
    ['a request that would wait', words(WINDOW), {}, { prefer: 'wait=1' }],
    ['a request with a key', words(WINDOW), {}, { 'idempotency-key': 'context' }],
  ])('refuses %s; nothing is spent, queued or kept', async (_name, query, more, headers) => {
    for (const tenantId of [TENANT, 'tenant_test']) {
      const before = await standing(tenantId);
      const { status, body } = await api.send(
        'POST',
        '/query',
        { 'x-tenant-id': tenantId, ...headers },
        { query, model: 'small', ...more },
      );
      expect([status, body.code, body.context_window]).toEqual([422, 'context_exceeded', WINDOW]);
      expect(body.prompt_tokens + body.max_tokens).toBeGreaterThan(WINDOW);
      expect(await standing(tenantId)).toEqual(before);
      expect(await api.prisma.job.count()).toBe(0);
      expect(await api.prisma.idempotencyKey.count()).toBe(0);
    }
    tried('context window', 2);
  });

  it('refuses a tenant that is out of quota in the same way: nothing is queued', async () => {
    await api.admin('POST', '/admin/quota/update', {
      tenant_id: 'tenant_test',
      limits: { queries_hourly: 0 },
    });
    const { status, body } = await api.query('tenant_test', words(WINDOW), { model: 'small' });
    expect([status, body.code]).toEqual([422, 'context_exceeded']);
    expect((await api.get('tenant_test', '/jobs')).body.jobs).toEqual([]);
    tried('context window', 1);
  });

  it('takes what fills it exactly, and gives a long prompt what is left for its answer', async () => {
    const full = await api.query(TENANT, words(WINDOW - 10), { model: 'small', max_tokens: 10 });
    expect([full.status, full.body.usage.prompt_tokens]).toEqual([200, WINDOW - 10]);
    const rest = await api.query(TENANT, words(WINDOW - 5), { model: 'small' });
    expect(rest.status).toBe(200);
    expect(rest.body.usage.completion_tokens).toBeLessThanOrEqual(5);
    tried('context window', 2);
  });

  it('of the row * holds for a model without a row', async () => {
    const { status, body } = await api.query(TENANT, 'x', { model: 'nobody-knows-it', max_tokens: 900_000 });
    expect([status, body.code]).toEqual([422, 'context_exceeded']);
    tried('context window', 1);
  });
});
