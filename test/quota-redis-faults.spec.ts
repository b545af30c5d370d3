import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, type RedisClient, redisReady } from 'fairshare/redis';
import {
  createQuota,
  type LedgerEntry,
  parseTenantId,
  type QuotaService,
  QuotaUnavailableError,
  type TenantId,
  type UsageEvent,
} from 'fairshare/quota';
import { define, MemoryLimits } from './support/quota-harness.js';
import { type OwnRedis, startRedis } from './support/redis.js';

const MONTHLY = define(1, 'tokens_monthly', 'tokens', 'window', 'month');
const STORAGE = define(2, 'storage', 'bytes', 'level');
const SLOTS = define(3, 'slots', 'queries', 'concurrency');
const tenantId = parseTenantId('acme');

/** A ledger that keeps what the recorder tells it. */
class MemoryLedger {
  readonly entries = new Map<number, LedgerEntry>();
  isAway = false;
  loads = 0;

  recorded({ limits }: UsageEvent): void {
    for (const { id, kind, used, resetsAtMs } of limits) {
      if (kind === 'window' || kind === 'level') {
        this.entries.set(id, { limitId: id, windowEndMs: resetsAtMs ?? 0, used });
      }
    }
  }

  async load(_tenantId: TenantId): Promise<readonly LedgerEntry[]> {
    this.loads += 1;
    if (this.isAway) throw new Error('The ledger is away');
    return [...this.entries.values()];
  }
}

let server: OwnRedis;
let redis: RedisClient;
let ledger: MemoryLedger;
let quota: QuotaService;

beforeEach(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url, maxReconnectDelayMs: 20, commandTimeoutMs: 5_000 });
  await redisReady(redis, 5_000);
  ledger = new MemoryLedger();
  quota = createQuota(redis, { limits: limitsOf(), ledger, recorder: ledger, deadlineMs: 3_000 }).service;
});

afterEach(async () => {
  await closeRedis(redis);
  await server.close();
});

describe('a Redis that', () => {
  it('was emptied gives back what the ledger knows, never more', async () => {
    await quota.spend({ tenantId, cost: { tokens: 700 } });
    await quota.adjust({ tenantId, resource: 'bytes', total: 900 });
    const { operationId } = await quota.reserve({ tenantId, cost: { tokens: 100, queries: 1 } });
    await server.client.flushall();
    expect((await quota.status({ tenantId })).limits).toMatchObject([
      { used: 700, held: 0 },
      { used: 900 },
      { held: 0 },
    ]);
    expect(await quota.spend({ tenantId, cost: { tokens: 301 } })).toMatchObject({ allowed: false });
    expect(await quota.settle({ tenantId, operationId })).toMatchObject({ outcome: 'unknown' });
    expect(await quota.spend({ tenantId, cost: { tokens: 300 } })).toMatchObject({ allowed: true });
  });

  it('was emptied while the ledger is away refuses to guess', async () => {
    await quota.spend({ tenantId, cost: { tokens: 700 } });
    await server.client.flushall();
    ledger.isAway = true;
    await expect(quota.spend({ tenantId, cost: { tokens: 1 } })).rejects.toMatchObject({ reason: 'ledger' });
    ledger.isAway = false;
    expect(await quota.spend({ tenantId, cost: { tokens: 1 } })).toMatchObject({
      limits: [{ used: 701 }, {}, {}],
    });
    const { loads } = ledger;
    await quota.spend({ tenantId, cost: { tokens: 1 } });
    expect(ledger.loads).toBe(loads);
  });

  it('forgot the scripts is told them again', async () => {
    await quota.spend({ tenantId, cost: { tokens: 1 } });
    await server.client.script('FLUSH');
    expect(await quota.spend({ tenantId, cost: { tokens: 1 } })).toMatchObject({
      limits: [{ used: 2 }, {}, {}],
    });
  });

  it('restarts is used again without a restart of ours', async () => {
    await quota.spend({ tenantId, cost: { tokens: 5 } });
    await server.stop();
    await expect(quota.spend({ tenantId, cost: { tokens: 1 } })).rejects.toThrow(QuotaUnavailableError);
    await server.restart();
    await redisReady(redis, 10_000);
    expect(await quota.spend({ tenantId, cost: { tokens: 1 } })).toMatchObject({
      limits: [{ used: 6 }, {}, {}],
    });
  }, 30_000);

  it('is paused does nothing late of what was given up', async () => {
    const hasty = createQuota(redis, { limits: limitsOf(), deadlineMs: 50 }).service;
    await hasty.spend({ tenantId, cost: { tokens: 1 } });
    await server.client.client('PAUSE', 300, 'ALL');
    const request = { tenantId, operationId: 'paused' as never, cost: { tokens: 10 } };
    await expect(hasty.spend(request)).rejects.toMatchObject({
      reason: expect.stringMatching(/^(deadline|overloaded)$/),
    });
    await redis.ping();
    expect(await hasty.status({ tenantId })).toMatchObject({ limits: [{ used: 1 }, {}, {}] });
    expect(await hasty.spend(request)).toMatchObject({ repeated: false, limits: [{ used: 11 }, {}, {}] });
  });

  it('is out of memory refuses to reserve, and still settles, cancels and tells the state', async () => {
    const cost = { tokens: 10, queries: 1 };
    const first = await quota.reserve({ tenantId, cost });
    const second = await quota.reserve({ tenantId, cost });
    await server.client.config('SET', 'maxmemory', '1');
    await expect(quota.reserve({ tenantId, cost })).rejects.toMatchObject({
      code: 'quota_unavailable',
      reason: 'redis',
    });
    await expect(quota.spend({ tenantId, cost })).rejects.toMatchObject({ reason: 'redis' });
    expect(await quota.settle({ tenantId, operationId: first.operationId })).toMatchObject({
      outcome: 'settled',
    });
    expect(await quota.cancel({ tenantId, operationId: second.operationId })).toMatchObject({
      outcome: 'cancelled',
    });
    expect(await quota.status({ tenantId })).toMatchObject({
      openHolds: 0,
      limits: [{ used: 10, held: 0 }, {}, { held: 0 }],
    });
  });

  it('lost the holds but not the counters gives back what was held', async () => {
    const { operationId } = await quota.reserve({ tenantId, cost: { tokens: 10, queries: 1 }, leaseMs: 1 });
    const [holds] = await server.client.keys('*:h');
    await server.client.del(holds!);
    while ((await quota.status({ tenantId })).openHolds > 0);
    expect((await quota.status({ tenantId })).limits).toMatchObject([{ used: 0, held: 0 }, {}, { held: 0 }]);
    expect(await quota.settle({ tenantId, operationId })).toMatchObject({ outcome: 'expired' });
  });
});

describe('what Redis keeps', () => {
  it('is at most 400 bytes for a tenant with eight limits', async () => {
    const limits = new MemoryLimits();
    const names = ['minute', 'hour', 'day', 'month'] as const;
    limits.set(tenantId, [
      ...names.map((period, index) => ({
        definition: define(index + 1, period, 'tokens', 'window', period),
        value: 1e12,
      })),
      ...names.map((period, index) => ({
        definition: define(index + 5, `q${period}`, 'q', 'window', period),
        value: 1e12,
      })),
    ]);
    const { service } = createQuota(redis, { limits });
    await service.spend({ tenantId, cost: { tokens: 123_456_789_012, q: 1 } });
    const [key] = await server.client.keys('*:c');
    expect(await server.client.memory('USAGE', key!)).toBeLessThanOrEqual(400);
    expect(await server.client.keys('*')).toHaveLength(1);
  });

  it('goes away by itself, but for a level above 0', async () => {
    await quota.reserve({ tenantId, cost: { tokens: 1 }, leaseMs: 60_000 });
    const keys = await server.client.keys('*');
    expect(keys).toHaveLength(3);
    for (const key of keys) expect(await server.client.pttl(key)).toBeGreaterThan(0);
    await quota.adjust({ tenantId, resource: 'bytes', delta: 5 });
    const counters = keys.find((key) => key.endsWith(':c'))!;
    expect(await server.client.pttl(counters)).toBe(-1);
    await quota.adjust({ tenantId, resource: 'bytes', delta: -5 });
    expect(await server.client.pttl(counters)).toBeGreaterThan(0);
  });
});

function limitsOf(): MemoryLimits {
  const limits = new MemoryLimits();
  limits.set(tenantId, [
    { definition: MONTHLY, value: 1_000 },
    { definition: STORAGE, value: 1_000 },
    { definition: SLOTS, value: 10 },
  ]);
  return limits;
}
