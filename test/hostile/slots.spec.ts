import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';
import { completion, type OpenAiServer, startOpenAi } from '../support/openai-server.js';
import { newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

/** End of a lease, in seconds: what is answered where nothing better is known. */
const LEASE = 60;

let upstream: OpenAiServer;
let api: TestApi;
let release: () => void;

beforeAll(async () => {
  upstream = await startOpenAi();
  const openai = { EXECUTOR: 'openai', OPENAI_BASE_URL: upstream.url };
  api = await startApi({ ...openai, QUOTA_LEASE_MS: String(LEASE * 1_000), WORKER: 'off' });
  const limits = { queries_hourly: { value: 1_000 }, concurrent_queries: { value: 1 } };
  for (const overflow of ['reject', 'queue']) {
    const tier = { name: `slots-${overflow}`, queue_depth: 10, overflow, limits };
    expect((await api.admin('POST', '/admin/tiers', tier)).status).toBe(201);
  }
});
afterAll(async () => {
  await api.close();
  await upstream.close();
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

async function tenantOf(tier: string): Promise<string> {
  const tenant = await newTenant(api);
  await api.admin('PATCH', `/admin/tenants/${tenant}`, { tier });
  return tenant;
}

/** A query of the tenant that runs until it is released. */
async function holdSlot(tenant: string) {
  const before = upstream.asked.length;
  upstream.next((...call) => (release = () => completion('late')(...call)));
  const answer = api.query(tenant, 'slow');
  while (upstream.asked.length === before) await pause();
  return { end: async () => (release(), (await answer).status) };
}

async function denied(tenant: string) {
  const { status, body, headers } = await api.query(tenant, 'one too many');
  const check = (await api.send('POST', '/quota/check', { 'x-tenant-id': tenant }, { cost: { queries: 1 } }))
    .body;
  return {
    status,
    body,
    seconds: Number(headers.get('retry-after')),
    rateLimit: headers.get('ratelimit')!,
    check,
  };
}

describe('a denial for want of a slot', () => {
  it('says that nobody knows when one is free, or when it is expected, in text and headers alike', async () => {
    const tenant = await tenantOf('slots-reject');
    const first = await holdSlot(tenant);
    const unknown = await denied(tenant);
    expect(unknown.status).toBe(429);
    expect(unknown.body.detail).toMatch(/is not known; at the latest, its lease ends in \d+ s/);
    expect(unknown.seconds).toBeGreaterThan(LEASE / 2);
    expect(await first.end()).toBe(200);

    const second = await holdSlot(tenant);
    const known = await denied(tenant);
    expect(known.status).toBe(429);
    const [, said] = /a slot is free in about (\d+) s/.exec(known.body.detail as string)!;
    expect(Number(said)).toBe(known.seconds);
    expect(known.body.violations).toMatchObject([{ retry_after_seconds: known.seconds, resets_at: null }]);
    expect(known.check.violations[0].retry_after_seconds).toBeLessThan(LEASE / 2);
    expect(known.seconds).toBeLessThan(LEASE / 2);
    // A slot has no window: RateLimit names no reset that could say another thing.
    expect(known.rateLimit).toMatch(/"concurrent_queries";r=0(,|$)/);
    expect(await second.end()).toBe(200);
    tried('slots', 2);
  });

  it('waits as long as the limit that is used up, where that is one more', async () => {
    const tenant = await tenantOf('slots-reject');
    await setLimits(api, tenant, { queries_monthly: 2 });
    await (await holdSlot(tenant)).end();
    const running = await holdSlot(tenant);
    const { body, seconds } = await denied(tenant);
    const times = body.violations.map((one: { retry_after_seconds: number }) => one.retry_after_seconds);
    expect(times).toHaveLength(2);
    expect(seconds).toBe(Math.max(...times));
    await running.end();
    tried('slots', 1);
  });

  it('is queued with the time at which a slot is expected', async () => {
    const tenant = await tenantOf('slots-queue');
    await (await holdSlot(tenant)).end();
    const running = await holdSlot(tenant);
    const { status, body, seconds } = await denied(tenant);
    expect([status, body.position]).toEqual([202, 1]);
    expect(seconds).toBeLessThan(LEASE / 2);
    if (body.estimated_start_at !== null) {
      const inMs = Date.parse(body.estimated_start_at as string) - Date.now();
      expect(inMs).toBeLessThan((LEASE / 2) * 1_000);
    }
    await running.end();
    tried('slots', 1);
  });
});
