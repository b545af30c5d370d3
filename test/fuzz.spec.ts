import { createHash } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RedisConnection } from 'fairshare/redis';
import fc from 'fast-check';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';
import { Contract } from './support/conformance.js';
import { type FuzzRequest, requestsOf } from './support/fuzz.js';

/** Requests in all; the soak asks for more. */
// Busy cores may take their time; the number of requests is what counts.
jest.setTimeout(180_000);

const REQUESTS = Number(process.env.API_FUZZ_REQUESTS ?? 10_000);
const SEED = Number(process.env.API_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const AT_ONCE = 20;
const CANARY = 'c4n4ry-of-another-tenant';
const TABLES = [
  'tiers',
  'tier_limits',
  'limit_definitions',
  'tenants',
  'overrides',
  'api_keys',
  'admin_keys',
  'models',
  'audit_log',
  'jobs',
];

interface Seen {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

let api: TestApi;
let contract: Contract;

beforeAll(async () => {
  api = await startApi({
    SIMULATED_BASE_LATENCY_MS: '0',
    SIMULATED_MS_PER_TOKEN: '0',
    QUOTA_DEADLINE_MS: '10000',
    FREE_REQUEST_LIMITS: 'false',
    MAX_WAIT_SECONDS: '0',
    WORKER: 'off',
  });
  contract = new Contract();
  await api.admin('POST', '/admin/tenants', {
    id: 'tenant_canary',
    tier: 'free',
    metadata: { secret: CANARY },
  });
  await api.admin('POST', '/admin/tenants/tenant_canary/overrides', {
    limit: 'queries_hourly',
    value: 1,
    reason: CANARY,
  });
  for (let count = 0; count < 2; count += 1) await api.query('tenant_canary', CANARY);
});
afterAll(async () => {
  agent.destroy();
  await api.close();
});

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

/** By Node's own client, which sends a path as it is. */
function send({ method, url, headers, payload }: FuzzRequest): Promise<Seen> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: url, method, headers, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode!, text, headers: answer.headers }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}

/** Plays `count` requests, each held against the contract and against `isRight`; fast-check prints the seed. */
async function play(
  requests: fc.Arbitrary<FuzzRequest>,
  count: number,
  isRight: (status: number, text: string) => boolean,
) {
  const batch = fc.array(requests, { minLength: AT_ONCE, maxLength: AT_ONCE });
  await fc.assert(
    fc.asyncProperty(batch, async (chosen) => {
      const answers = await Promise.all(chosen.map(send));
      answers.forEach(({ status, text, headers }, index) => {
        const { method, url } = chosen[index]!;
        if (!isRight(status, text))
          throw new Error(`${method} ${url} answered ${status}: ${text.slice(0, 500)}`);
        const contentType = String(headers['content-type'] ?? '');
        const body: unknown = contentType.includes('json') && text ? JSON.parse(text) : text || undefined;
        const header = (name: string) => (headers[name] === undefined ? null : String(headers[name]));
        if (status !== 404 && status !== 405)
          contract.check({ method, path: url, status, contentType, header, body });
      });
    }),
    { numRuns: Math.ceil(count / AT_ONCE), seed: SEED, endOnFailure: true },
  );
}

/** A fingerprint of everything that is kept. */
async function state(): Promise<string> {
  const hash = createHash('sha256');
  for (const table of TABLES) {
    const rows = await api.prisma.$queryRawUnsafe<{ row: string }[]>(
      `SELECT t::text AS row FROM ${table} t ORDER BY 1`,
    );
    hash.update(table).update(rows.map(({ row }) => row).join('\n'));
  }
  const redis = api.app.get<RedisConnection>(RedisConnection);
  const keys = (await redis.keys(`*${api.data.REDIS_KEY_PREFIX}*`))
    .filter((key) => !key.includes(':waits'))
    .sort();
  for (const key of keys) hash.update(key).update((await redis.dumpBuffer(key)) ?? '');
  return hash.digest('hex');
}

const isStream = (path: string) => path.endsWith('/events');

describe(`requests made from the contract, seed ${SEED}`, () => {
  it('by nobody, or with wrong keys, change nothing', async () => {
    const before = await state();
    for (const identity of [
      {},
      { authorization: 'Bearer not.a.token' },
      { 'x-tenant-id': 'nobody-here' },
    ] as Record<string, string>[]) {
      const closed = requestsOf(contract.document, {
        identity,
        isChosen: (path) => !path.startsWith('/health') && path !== '/queue/stats' && !isStream(path),
        parameters: ['tenant_test', 'tenant_canary', 'free', '1'],
      });
      await play(closed, REQUESTS * 0.05, (status) => status >= 400 && status < 500);
    }
    expect(await state()).toBe(before);
  });

  it('by a tenant never fail inside and never show what is another tenant’s', async () => {
    const canary = await api.prisma.job.findMany({ where: { tenantId: 'tenant_canary' } });
    const own = requestsOf(contract.document, {
      identity: { 'x-tenant-id': 'tenant_test' },
      isChosen: (path) => !isStream(path),
      parameters: ['tenant_test', 'tenant_canary', ...canary.map(({ id }) => id), 'queries', 'gpt-4'],
    });
    await play(own, REQUESTS * 0.6, (status, text) => status < 500 && !text.includes(CANARY));
    const untouched = await api.prisma.job.findMany({ where: { tenantId: 'tenant_canary' } });
    expect(untouched).toEqual(canary);
  });

  it('by a tenant that are refused as invalid change nothing', async () => {
    const before = await state();
    const invalid = requestsOf(contract.document, {
      identity: { 'x-tenant-id': 'tenant_test', 'idempotency-key': '\u00e9' },
      isChosen: (path, method) => (path === '/query' || path === '/quota/storage') && method !== 'get',
      parameters: ['x'],
    }).map((request) => ({
      ...request,
      payload: request.payload?.replace(/}$/, ',"unknown_field":1}') ?? '{',
    }));
    await play(invalid, REQUESTS * 0.05, (status) => status >= 400 && status < 500);
    expect(await state()).toBe(before);
  });

  it('by an operator never fail inside', async () => {
    const operator = requestsOf(contract.document, {
      identity: { 'x-admin-key': ADMIN_KEY },
      isChosen: (path) => path.startsWith('/admin') || path === '/metrics',
      parameters: ['fuzz_a', 'fuzz_b', 'pro', 'gpt-4', 'queries_hourly', '1', '2', '*'],
    });
    await play(operator, REQUESTS * 0.2, (status) => status < 500);
  });
});
