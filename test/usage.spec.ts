import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisConnection } from 'fairshare/redis';
import { Retention } from '../apps/api/src/retention/retention.js';
import { UsageWriter } from '../apps/api/src/usage/usage-writer.js';
import { startApi, type TestApi } from './support/api.js';

let api: TestApi;
let other: TestApi;

beforeAll(async () => {
  api = await startApi({ SIMULATED_BASE_LATENCY_MS: '0', SIMULATED_MS_PER_TOKEN: '0' });
  other = await startApi({}, api.data);
});
afterAll(async () => {
  await other.close();
  await api.close();
});

/** Redis loses what it knows of this test's keys, as after FLUSHALL. */
async function loseMemory(): Promise<void> {
  const redis = api.app.get<RedisConnection>(RedisConnection);
  const keys = await redis.keys(`*${api.data.REDIS_KEY_PREFIX}*`);
  for (const key of keys) await redis.del(key);
}

async function usedOf(from: TestApi, tenantId: string): Promise<Record<string, number>> {
  const { limits } = (await from.get(tenantId, '/quota/status')).body;
  return Object.fromEntries(limits.map(({ name, used }: { name: string; used: number }) => [name, used]));
}

describe('use that was counted', () => {
  it('comes back after Redis lost its memory, windows and levels alike', async () => {
    for (let count = 0; count < 3; count += 1) await api.query('tenant_test', `Question ${count}`);
    await api.send('PUT', '/quota/storage', { 'x-tenant-id': 'tenant_test' }, { total: 4_096 });
    const before = await usedOf(api, 'tenant_test');
    expect(before).toMatchObject({ queries_hourly: 3, queries_monthly: 3, storage_bytes: 4_096 });
    await api.app.get(UsageWriter).flush();
    await loseMemory();
    expect(await usedOf(other, 'tenant_test')).toEqual(before);
    await other.query('tenant_test', 'Once more');
    expect(await usedOf(api, 'tenant_test')).toMatchObject({ queries_hourly: 4, storage_bytes: 4_096 });
  });

  it('is not brought back once an operator has reset it', async () => {
    await api.query('tenant_big', 'Question');
    await api.app.get(UsageWriter).flush();
    expect((await api.admin('POST', '/admin/quota/reset', { tenant_id: 'tenant_big' })).status).toBe(200);
    await api.app.get(UsageWriter).flush();
    await loseMemory();
    expect(await usedOf(api, 'tenant_big')).toMatchObject({ queries_hourly: 0, tokens_daily: 0 });
  });

  it('refills nothing while the ledger cannot be read', async () => {
    await api.query('tenant_123', 'Question');
    await api.app.get(UsageWriter).flush();
    await loseMemory();
    await api.prisma.$executeRaw`ALTER TABLE usage_ledger RENAME TO usage_ledger_away`;
    try {
      const refused = await api.query('tenant_123', 'Question');
      expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    } finally {
      await api.prisma.$executeRaw`ALTER TABLE usage_ledger_away RENAME TO usage_ledger`;
    }
    expect(await usedOf(api, 'tenant_123')).toMatchObject({ queries_hourly: 1 });
  });

  it('counts a query whose hold was lost while it ran', async () => {
    const slow = await startApi({ SIMULATED_BASE_LATENCY_MS: '400' }, api.data);
    const before = (await usedOf(api, 'tenant_123')).queries_hourly!;
    await api.app.get(UsageWriter).flush();
    const answer = slow.query('tenant_123', 'Question');
    const isHeld = async () => (await api.get('tenant_123', '/quota/status')).body.open_holds === 1;
    while (!(await isHeld()));
    await loseMemory();
    expect((await answer).status).toBe(200);
    expect(await usedOf(api, 'tenant_123')).toMatchObject({ queries_hourly: before + 1 });
    await slow.close();
  });

  it('never counts backwards when an older reading is written last', async () => {
    await api.query('tenant_123', 'First');
    const [mine, others] = [api.app.get(UsageWriter), other.app.get(UsageWriter)];
    await other.query('tenant_123', 'Second');
    await others.flush();
    const { queries_hourly: used } = await usedOf(api, 'tenant_123');
    await mine.flush();
    const row = await api.prisma.usageLedger.findFirst({
      where: { tenantId: 'tenant_123', limit: { name: 'queries_hourly' } },
    });
    expect(Number(row!.used)).toBe(used);
  });
});

describe('GET /quota/usage', () => {
  it("shows a tenant's own hours, days and months, with a point for each", async () => {
    const { total, points } = (await api.get('tenant_test', '/quota/usage?resource=queries&resolution=hour'))
      .body.series[0];
    expect(total).toBe(4);
    expect(points.length).toBeGreaterThanOrEqual(25);
    const spent = points.filter(({ amount }: { amount: number }) => amount > 0);
    expect(spent.length).toBeGreaterThan(0);
    for (const resolution of ['day', 'month']) {
      const { series } = (await api.get('tenant_test', `/quota/usage?resolution=${resolution}`)).body;
      expect(series.map(({ resource }: { resource: string }) => resource)).toEqual([
        'cost_units',
        'queries',
        'tokens',
      ]);
      expect(series[1].total).toBe(4);
    }
  });

  it('sums hours into the days and months of UTC', async () => {
    await api.prisma.usageHistory.createMany({
      data: [
        '2024-02-28T23:00:00Z',
        '2024-02-29T00:00:00Z',
        '2024-02-29T23:00:00Z',
        '2024-03-01T00:00:00Z',
      ].map((hour, index) => ({ tenantId: 'tenant_big', resource: 'queries', hour, amount: 10 ** index })),
    });
    const span = 'resource=queries&from=2024-02-28T12:00:00Z&to=2024-03-01T12:00:00Z';
    const amounts = async (resolution: string) =>
      (
        await api.get('tenant_big', `/quota/usage?resolution=${resolution}&${span}`)
      ).body.series[0].points.map(({ at, amount }: { at: string; amount: number }) => [
        at.slice(0, 10),
        amount,
      ]);
    expect(await amounts('day')).toEqual([
      ['2024-02-28', 1],
      ['2024-02-29', 110],
      ['2024-03-01', 1_000],
    ]);
    expect(await amounts('month')).toEqual([
      ['2024-02-01', 111],
      ['2024-03-01', 1_000],
    ]);
  });

  it.each([
    ['resolution=week', 'resolution'],
    ['from=yesterday', 'from'],
    ['resource=%27%3B--', 'resource'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from must lie before to'],
    ['resolution=hour&from=2020-01-01T00:00:00Z', 'more than 1000 points'],
    ['from=1971-01-01T00:00:00Z&to=9999-01-01T00:00:00Z', 'more than 1000 points'],
  ])('refuses %s and says why', async (query, why) => {
    const answer = await api.get('tenant_test', `/quota/usage?${query}`);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(why);
  });

  it('forgets windows that are over and history beyond its time, and keeps levels', async () => {
    const now = new Date('2026-11-24T00:00:00Z');
    const limit = await api.prisma.limitDefinition.findMany({
      where: { name: { in: ['queries_hourly', 'storage_bytes'] } },
      orderBy: { name: 'asc' },
    });
    await api.prisma.usageLedger.deleteMany({ where: { tenantId: 'tenant_big' } });
    await api.prisma.usageHistory.deleteMany({ where: { tenantId: 'tenant_big' } });
    const row = (limitId: number, windowEnd: string) => ({
      tenantId: 'tenant_big',
      limitId,
      windowEnd,
      used: 5,
    });
    await api.prisma.usageLedger.createMany({
      data: [
        row(limit[0]!.id, '2026-11-21T00:00:00Z'),
        row(limit[0]!.id, '2026-11-23T00:00:00Z'),
        row(limit[1]!.id, '1970-01-01T00:00:00Z'),
      ],
    });
    await api.prisma.usageHistory.createMany({
      data: ['2025-10-01T00:00:00Z', '2026-11-01T00:00:00Z'].map((hour) => ({
        tenantId: 'tenant_big',
        resource: 'queries',
        hour,
        amount: 1,
      })),
    });
    await api.app.get(Retention, { strict: false }).forget(now);
    expect(await api.prisma.usageLedger.count({ where: { tenantId: 'tenant_big' } })).toBe(2);
    expect(await api.prisma.usageHistory.count({ where: { tenantId: 'tenant_big' } })).toBe(1);
  });
});
