import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UsageWriter } from '../../apps/api/src/usage/usage-writer.js';
import { startApi, type TestApi } from '../support/api.js';
import { completion, type OpenAiServer, startOpenAi } from '../support/openai-server.js';
import { newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

const ROOM = 100;
/** What the upstream says that it used, each time more than was set aside. */
const TRUTHS = [30, 60, 90, 500];

let upstream: OpenAiServer;
let api: TestApi;
let other: TestApi;

beforeAll(async () => {
  upstream = await startOpenAi();
  api = await startApi({ EXECUTOR: 'openai', OPENAI_BASE_URL: upstream.url });
  other = await startApi({ WORKER: 'off' }, api.data);
});
afterAll(async () => {
  await other.close();
  await api.close();
  await upstream.close();
});

interface Limit {
  readonly name: string;
  readonly resource: string;
  readonly kind: string;
  readonly used: number;
  readonly overrun: number | null;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

async function answeredWith(tenant: string, tokens: number) {
  upstream.next(completion('fine', { prompt_tokens: tokens - 1, completion_tokens: 1 }));
  const answer = await api.query(tenant, 'short', { max_tokens: 5 });
  expect(answer.status).toBe(200);
  return answer.body as { overruns?: { name: string; limit: number; amount: number }[] };
}

/** The limits of a tenant in every view that shows counters, on both nodes. */
async function views(tenant: string): Promise<[string, Limit[]][]> {
  const seen: [string, Limit[]][] = [];
  for (const [node, name] of [
    [api, 'this node'],
    [other, 'another node'],
  ] as const) {
    const status = await node.get(tenant, '/quota/status');
    const diagnosis = await node.admin('GET', `/admin/tenants/${tenant}/diagnosis`);
    seen.push([`status of ${name}`, status.body.limits], [`diagnosis of ${name}`, diagnosis.body.limits]);
  }
  return seen;
}

async function expectAgreement(tenant: string, truth: number): Promise<void> {
  await api.app.get(UsageWriter).flush();
  for (const [view, limits] of await views(tenant)) {
    for (const { name, kind, resource, used, overrun } of limits) {
      if (kind !== 'window') expect([view, name, overrun]).toEqual([view, name, null]);
      if (resource === 'tokens') expect([view, name, used + overrun!]).toEqual([view, name, truth]);
    }
  }
  const path = `/quota/usage?resource=tokens&resolution=month`;
  const usages = [
    (await api.get(tenant, path)).body,
    (await other.get(tenant, path)).body,
    (await api.admin('GET', `/admin/tenants/${tenant}/usage?resource=tokens&resolution=month`)).body,
  ];
  const { limits } = (await api.get(tenant, '/quota/status')).body as { limits: Limit[] };
  const most = Math.max(...limits.filter(({ resource }) => resource === 'tokens').map((one) => one.overrun!));
  for (const { series } of usages) {
    expect(series[0]).toMatchObject({ total: truth, overrun: most });
    const last = series[0].points.at(-1);
    expect([last.amount, last.overrun]).toEqual([truth, most]);
  }
}

describe('a true cost above its hold', () => {
  it('is charged up to the limit; counter and overrun are the truth in every view and in the answer', async () => {
    const tenant = await newTenant(api, { tokens_daily: ROOM });
    let spent = 0;
    for (const tokens of TRUTHS.slice(0, 2)) {
      const { overruns } = await answeredWith(tenant, tokens);
      spent += tokens;
      expect(overruns).toBeUndefined();
      await expectAgreement(tenant, spent);
    }
    await setLimits(api, tenant, { tokens_daily: spent + 10 });
    const beyond = await answeredWith(tenant, TRUTHS[2]!);
    spent += TRUTHS[2]!;
    expect(beyond.overruns).toEqual([{ name: 'tokens_daily', limit: ROOM, amount: spent - ROOM }]);
    await expectAgreement(tenant, spent);
    await setLimits(api, tenant, { tokens_daily: ROOM + 10, tokens_monthly: spent + 20 });
    const both = await answeredWith(tenant, TRUTHS[3]!);
    spent += TRUTHS[3]!;
    expect(both.overruns!.map(({ name, amount }) => [name, amount])).toEqual([
      ['tokens_daily', TRUTHS[3]! - 10],
      ['tokens_monthly', TRUTHS[3]! - 20],
    ]);
    await api.app.get(UsageWriter).flush();
    for (const [, limits] of await views(tenant)) {
      for (const limit of limits.filter(({ resource }) => resource === 'tokens')) {
        expect(limit.used + limit.overrun!).toBe(spent);
      }
    }
    tried('overrun', TRUTHS.length);
  });

  it('shows in the lists of operators', async () => {
    const tenant = await newTenant(api, { tokens_daily: 10 });
    await answeredWith(tenant, 1_000);
    const { body } = await api.admin('GET', '/admin/usage/pressure?name=tokens_daily&limit=100');
    expect(body.limits.find((one: { tenant_id: string }) => one.tenant_id === tenant)).toMatchObject({
      used: 10,
      overrun: 990,
    });
    const top = await api.admin('GET', '/admin/usage/top?resource=tokens&limit=100');
    expect(top.body.tenants.find((one: { tenant_id: string }) => one.tenant_id === tenant)).toMatchObject({
      amount: 1_000,
      overrun: 990,
    });
    tried('overrun', 1);
  });

  it('of a queued query is the same', async () => {
    const tenant = await newTenant(api, { queries_hourly: 1, tokens_daily: ROOM });
    await answeredWith(tenant, 20);
    upstream.next(completion('fine', { prompt_tokens: 700, completion_tokens: 1 }));
    const { body } = await api.query(tenant, 'later', { max_tokens: 5 });
    await setLimits(api, tenant, { queries_hourly: 2 });
    while ((await api.get(tenant, `/jobs/${body.job_id}`)).body.finished_at === null) await pause();
    await expectAgreement(tenant, 721);
    tried('overrun', 1);
  });

  it('is in the counter itself where the tier only observes', async () => {
    const tenant = await newTenant(api, { tokens_daily: ROOM });
    await api.admin('POST', '/admin/tiers', {
      name: 'observed',
      queue_depth: 10,
      overflow: 'observe',
      limits: { tokens_daily: { value: ROOM } },
    });
    await api.admin('PATCH', `/admin/tenants/${tenant}`, { tier: 'observed' });
    expect((await answeredWith(tenant, 800)).overruns).toBeUndefined();
    await api.app.get(UsageWriter).flush();
    const { limits } = (await api.get(tenant, '/quota/status')).body as { limits: Limit[] };
    expect(limits).toMatchObject([{ name: 'tokens_daily', used: 800, overrun: 0 }]);
    tried('overrun', 1);
  });

  it('is forgotten with its counter when an operator resets that, and only that', async () => {
    const tenant = await newTenant(api, { tokens_daily: 10, tokens_monthly: 20 });
    await answeredWith(tenant, 1_000);
    const reset = { tenant_id: tenant, limits: ['tokens_daily'] };
    expect((await api.admin('POST', '/admin/quota/reset', reset)).status).toBe(200);
    const [, limits] = (await views(tenant))[0]!;
    const of = (name: string) => limits.find((limit) => limit.name === name);
    expect(of('tokens_daily')).toMatchObject({ used: 0, overrun: 0 });
    expect(of('tokens_monthly')).toMatchObject({ used: 20, overrun: 980 });
    tried('overrun', 1);
  });

  it('is not known while the database is away, and the counters are', async () => {
    const tenant = await newTenant(api, { tokens_daily: 10 });
    await answeredWith(tenant, 1_000);
    await api.app.get(UsageWriter).flush();
    await api.prisma.$executeRaw`ALTER TABLE usage_ledger RENAME COLUMN overrun TO gone`;
    try {
      const { status, body } = await api.get(tenant, '/quota/status');
      expect(status).toBe(200);
      const daily = (body.limits as Limit[]).find(({ name }) => name === 'tokens_daily');
      expect(daily).toMatchObject({ used: 10, overrun: null });
    } finally {
      await api.prisma.$executeRaw`ALTER TABLE usage_ledger RENAME COLUMN gone TO overrun`;
    }
    tried('overrun', 1);
  });
});
