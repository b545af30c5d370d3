import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QueryExecutor } from '../../apps/api/src/executors/query-executor.js';
import type { SimulatedExecutor } from '../../apps/api/src/executors/simulated-executor.js';
import { startApi, type TestApi } from '../support/api.js';
import { holdExecutor } from '../support/held-executor.js';
import {
  type Bill,
  breakOff,
  completion,
  type OpenAiServer,
  type Reaction,
  refusal,
  silence,
  startOpenAi,
  text,
  working,
} from '../support/openai-server.js';
import { randomOf } from '../support/quota-commands.js';
import { exhaustedTenant, limitOf, newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

/** `npm run soak:api -- --aborts` sets these. */
const ABORTS = Number(process.env['PAID_ABORTS'] ?? 200);
const SEED = Number(process.env['PAID_SEED'] ?? Date.now() % 2 ** 31);
const TELLS_PROGRESS = process.env['PAID_PROGRESS'] === 'true';
const AT_ONCE = 20;
const QUESTION = 'What is fair?';
const PROMPT_TOKENS = 4;

const OPENAI = { EXECUTOR: 'openai', OPENAI_API_KEY: 'sk-secret', OPENAI_MAX_RETRIES: '1' };

let upstream: OpenAiServer;
let api: TestApi;
let hasty: TestApi;
let simulated: TestApi;

beforeAll(async () => {
  upstream = await startOpenAi();
  const openai = { ...OPENAI, OPENAI_BASE_URL: upstream.url };
  api = await startApi(openai);
  hasty = await startApi({ ...openai, OPENAI_TIMEOUT_MS: '1000', WORKER: 'off' }, api.data);
  simulated = await startApi({ SIMULATED_BASE_LATENCY_MS: '10', SIMULATED_MS_PER_TOKEN: '2' });
});
afterAll(async () => {
  await simulated.close();
  await hasty.close();
  await api.close();
  await upstream.close();
});

/** What the tenant paid, once nothing of it is open any more. */
async function paid(node: TestApi, tenant: string): Promise<{ queries: number; tokens: number }> {
  for (;;) {
    const { body } = await node.get(tenant, '/quota/status');
    if (body.open_holds === 0) break;
    await pause(20);
  }
  const used = async (name: string) => (await limitOf(node, tenant, name)).used;
  return { queries: await used('queries_monthly'), tokens: await used('tokens_monthly') };
}

/** Sends a query and leaves when told to. */
function ask(node: TestApi, tenant: string, signal: AbortSignal, query = QUESTION): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-tenant-id': tenant };
  const body = JSON.stringify({ query });
  return fetch(`${node.url}/query`, { method: 'POST', headers, body, signal }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
}

const choice = (message: object, rest: object = {}, usage: object | null = null): Reaction =>
  text(JSON.stringify({ choices: [{ message, ...rest }], ...(usage ? { usage } : {}) }));
const USAGE = { prompt_tokens: 7, completion_tokens: 30 };

describe('what went upstream is paid for', () => {
  it.each<[string, Reaction[], number, { queries: number; tokens: number }]>([
    ['an answer', [completion('fine')], 200, { queries: 1, tokens: 12 }],
    ['no content, usage told', [choice({ content: null }, {}, USAGE)], 502, { queries: 1, tokens: 37 }],
    [
      'a refusal of the model',
      [choice({ content: null, refusal: 'I will not' }, {}, USAGE)],
      502,
      { queries: 1, tokens: 37 },
    ],
    [
      'reasoning that used it all up',
      [choice({ content: null }, { finish_reason: 'length' }, USAGE)],
      502,
      { queries: 1, tokens: 37 },
    ],
    [
      'a call of a tool',
      [choice({ content: null, tool_calls: [{ id: 'x' }] }, { finish_reason: 'tool_calls' }, USAGE)],
      502,
      { queries: 1, tokens: 37 },
    ],
    [
      'a refusal without usage: our own count',
      [choice({ content: null, refusal: 'I will not' })],
      502,
      { queries: 1, tokens: PROMPT_TOKENS + 3 },
    ],
    [
      'usage 0/0 with a text',
      [completion('one two three', { prompt_tokens: 0, completion_tokens: 0 })],
      200,
      { queries: 1, tokens: PROMPT_TOKENS + 3 },
    ],
    [
      'an empty text of no tokens',
      [completion('', { prompt_tokens: 4, completion_tokens: 0 })],
      200,
      { queries: 1, tokens: 4 },
    ],
    ['broken JSON', [text('{"choices":')], 502, { queries: 1, tokens: PROMPT_TOKENS }],
    ['no completion', [text('null')], 502, { queries: 1, tokens: PROMPT_TOKENS }],
    ['silence', [silence], 504, { queries: 1, tokens: PROMPT_TOKENS }],
    ['500 twice', [refusal(500), refusal(500)], 502, { queries: 1, tokens: 2 * PROMPT_TOKENS }],
    ['half an answer twice', [breakOff, breakOff], 502, { queries: 1, tokens: 2 * PROMPT_TOKENS }],
    [
      '500, then an answer',
      [refusal(500), completion('fine')],
      200,
      { queries: 1, tokens: 12 + PROMPT_TOKENS },
    ],
    ['503, which did nothing', [refusal(503), completion('fine')], 200, { queries: 1, tokens: 12 }],
    ['400, which did nothing', [refusal(400)], 0, { queries: 0, tokens: 0 }],
    ['429, which did nothing', [refusal(429), refusal(429)], 502, { queries: 0, tokens: 0 }],
  ])('%s', async (_, reactions, status, expected) => {
    const tenant = await newTenant(api);
    upstream.next(...reactions);
    const answer = await hasty.query(tenant, QUESTION);
    if (status) expect(answer.status).toBe(status);
    expect(await paid(hasty, tenant)).toEqual(expected);
    if (answer.status !== 200) {
      expect(answer.body.detail.includes('nothing was charged')).toBe(expected.queries === 0);
      expect(answer.body.charged?.tokens ?? 0).toBe(expected.tokens);
    }
    tried('paid', 1);
  });

  it('a running job that is cancelled is paid for, with its prompt', async () => {
    upstream.next(completion('the only one'));
    const tenant = await exhaustedTenant(api);
    const before = await paid(api, tenant);
    upstream.next(silence);
    const received = upstream.received();
    const { body } = await api.query(tenant, QUESTION);
    await setLimits(api, tenant, { queries_hourly: 2 });
    await received;
    expect((await api.send('DELETE', `/jobs/${body.job_id}`, { 'x-tenant-id': tenant })).status).toBe(202);
    expect(await paid(api, tenant)).toEqual({
      queries: before.queries + 1,
      tokens: before.tokens + PROMPT_TOKENS,
    });
    tried('paid', 1);
  });

  it('a query that waits for its turn when its client leaves was not sent, and costs nothing', async () => {
    const node = await startApi({ UPSTREAM_CONCURRENCY: '1', WORKER: 'off' }, simulated.data);
    const held = holdExecutor(node);
    try {
      const [first, second] = [await newTenant(node), await newTenant(node)];
      const answered = node.query(first, QUESTION);
      await held.began(1);
      const line = new AbortController();
      const left = ask(node, second, line.signal);
      while ((await node.get(second, '/quota/status')).body.open_holds === 0);
      line.abort();
      expect(await left).toBe(0);
      expect(await paid(node, second)).toEqual({ queries: 0, tokens: 0 });
      held.release();
      expect((await answered).status).toBe(200);
      tried('paid', 1);
    } finally {
      held.restore();
      await node.close();
    }
  });
});

describe("the upstream's bill equals the ledger after aborts at random moments", () => {
  const timeoutMs = 60_000 + ABORTS * 50;

  it(
    'on the executor openai',
    async () => {
      const random = randomOf(SEED);
      upstream.next(working(() => random() * 150));
      Object.assign(upstream.bill, { queries: 0, promptTokens: 0, completionTokens: 0 });
      const ledger = await abortAtRandom(api, random, 200);
      expect({ seed: SEED, ...ledger }).toEqual({ seed: SEED, ...sumOf(upstream.bill) });
      expect(ledger.queries).toBeGreaterThan(ABORTS / 10);
      tried('paid', ABORTS);
    },
    timeoutMs,
  );

  it(
    'on the executor simulated',
    async () => {
      const { work } = simulated.app.get<SimulatedExecutor>(QueryExecutor, { strict: false });
      Object.assign(work, { queries: 0, promptTokens: 0, completionTokens: 0 });
      const ledger = await abortAtRandom(simulated, randomOf(SEED), 150);
      expect({ seed: SEED, ...ledger }).toEqual({ seed: SEED, ...sumOf(work) });
      expect(ledger.queries).toBeGreaterThan(ABORTS / 10);
      tried('paid', ABORTS);
    },
    timeoutMs,
  );
});

function sumOf({ queries, promptTokens, completionTokens }: Bill) {
  return { queries, tokens: promptTokens + completionTokens };
}

/**
 * Direct queries whose clients leave, and queued ones that are cancelled, each after up to `mostMs`; what their tenants
 * paid by their counters, which must be what their history says.
 */
async function abortAtRandom(node: TestApi, random: () => number, mostMs: number) {
  const ample = { queries_hourly: 1e9, queries_daily: 1e9, queries_monthly: 1e9, tokens_daily: 1e12 };
  const more = { tokens_monthly: 1e12, cost_units_daily: 1e9 };
  const direct = await newTenant(node, { ...ample, ...more, concurrent_queries: 1_000 });
  // Of three at once one waits, as a job, for the slots of the others.
  const queued = await newTenant(node, { ...ample, ...more, concurrent_queries: 2 });
  let left = ABORTS;
  const leave = async () => {
    while (left-- > 0) {
      const line = new AbortController();
      const timer = setTimeout(() => line.abort(), random() * mostMs);
      const query = QUESTION.repeat(1 + Math.floor(random() * 20));
      if (random() < 0.7) await ask(node, direct, line.signal, query);
      else await cancelLater(node, queued, query, random() * mostMs * 2);
      clearTimeout(timer);
    }
  };
  const progress = setInterval(() => {
    if (TELLS_PROGRESS) process.stderr.write(`  ${ABORTS - Math.max(0, left)} of ${ABORTS} requests sent\n`);
  }, 5_000);
  await Promise.all(Array.from({ length: AT_ONCE }, leave));
  clearInterval(progress);
  await allEnded(node, queued);
  const sums = { queries: 0, tokens: 0 };
  for (const tenant of [direct, queued]) {
    const counted = await paid(node, tenant);
    const { series } = (await node.get(tenant, '/quota/usage')).body;
    const total = (resource: string) =>
      series.find((one: { resource: string }) => one.resource === resource)?.total ?? 0;
    expect({ queries: total('queries'), tokens: total('tokens') }).toEqual(counted);
    sums.queries += counted.queries;
    sums.tokens += counted.tokens;
  }
  return sums;
}

async function cancelLater(node: TestApi, tenant: string, query: string, afterMs: number): Promise<void> {
  const answer = await node.query(tenant, query);
  if (answer.status !== 202) return;
  await pause(afterMs);
  await node.send('DELETE', `/jobs/${answer.body.job_id}`, { 'x-tenant-id': tenant });
}

async function allEnded(node: TestApi, tenant: string): Promise<void> {
  for (;;) {
    const live = await node.prisma.job.count({
      where: { tenantId: tenant, state: { in: ['waiting', 'running', 'failed'] } },
    });
    if (live === 0) return;
    await pause(50);
  }
}
