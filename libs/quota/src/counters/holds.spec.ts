import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { define, type Harness, openHarness, START_MS, tier } from '../../../../test/support/quota-harness.js';
import { QuotaKeys } from './keys.js';

const TOKENS = define(1, 'tokens_daily', 'tokens', 'window', 'day');
const SLOTS = define(2, 'slots', 'queries', 'concurrency');

let quota: Harness;
beforeAll(async () => {
  quota = await openHarness();
});
afterAll(() => quota.close());

describe('holds', () => {
  it('are swept by at most 64 a call, and every one in the end', async () => {
    const { tenantId } = await tenantOf('swept');
    for (let index = 0; index < 150; index += 1) {
      await quota.service.reserve({ tenantId, cost: { queries: 1 }, leaseMs: 10 + index });
    }
    quota.clocked.nowMs = START_MS + 1_000;
    const left: number[] = [];
    for (let call = 0; call < 4; call += 1) left.push((await quota.service.status({ tenantId })).openHolds);
    expect(left).toEqual([86, 22, 0, 0]);
    expect((await quota.service.status({ tenantId })).limits).toMatchObject([
      { used: 0, held: 0 },
      { held: 0 },
    ]);
    quota.clocked.nowMs = START_MS;
  });

  it('are walked by at most 128 for the time to come back, which is then an upper bound', async () => {
    const { tenantId } = await tenantOf('walked');
    for (let index = 0; index < 140; index += 1) {
      await quota.service.reserve({ tenantId, cost: { queries: 1 }, leaseMs: 1_000 + index });
    }
    const fits = async (queries: number) => {
      const decision = await quota.service.check({ tenantId, cost: { queries } });
      return decision.allowed ? 0 : decision.retryAfterMs;
    };
    // 200 slots, 140 held: 60 are free.
    expect(await fits(60)).toBe(0);
    expect(await fits(61)).toBe(1_000);
    expect(await fits(188)).toBe(1_127);
    expect(await fits(189)).toBeGreaterThanOrEqual(1_128);
    expect(await fits(201)).toBe('never');
  });

  it('leave a window alone that began after them, also where others were charged in it since', async () => {
    const tenantId = quota.tenant('turned');
    quota.limits.set(tenantId, [tier(define(1, 'hourly', 'queries', 'window', 'hour'), 10)]);
    quota.clocked.nowMs = START_MS;
    const leaseMs = 7_200_000;
    const { operationId } = await quota.service.reserve({ tenantId, cost: { queries: 5 }, leaseMs });
    quota.clocked.nowMs = START_MS + 3_600_000;
    await quota.service.reserve({ tenantId, cost: { queries: 1 }, leaseMs });
    expect(await quota.service.settle({ tenantId, operationId })).toMatchObject({
      outcome: 'settled',
      charged: { hourly: 5 },
      limits: [{ used: 0, held: 1 }],
    });
    quota.clocked.nowMs = START_MS;
  });

  it('end by their own deadline though the sweep has not come to them', async () => {
    const { tenantId } = await tenantOf('late');
    for (let index = 0; index < 70; index += 1) {
      await quota.service.reserve({ tenantId, cost: { queries: 1 }, leaseMs: 10 });
    }
    const last = await quota.service.reserve({ tenantId, cost: { tokens: 5 }, leaseMs: 20 });
    quota.clocked.nowMs = START_MS + 20;
    const { operationId } = last;
    expect(await quota.service.settle({ tenantId, operationId })).toMatchObject({
      outcome: 'expired',
      charged: {},
    });
    quota.clocked.nowMs = START_MS;
  });
});

describe('keys', () => {
  const BYTES = define(3, 'bytes', 'bytes', 'level');

  it.each(['spend', 'reserve'] as const)('stay for ever once a level holds something by %s', async (verb) => {
    const { tenantId, keys } = await tenantOf(`kept by ${verb}`);
    quota.limits.set(tenantId, [tier(TOKENS, 100), tier(BYTES, 100)]);
    for (let times = 0; times < 2; times += 1) await quota.service[verb]({ tenantId, cost: { tokens: 1 } });
    expect(await quota.redis.pttl(keys.counters)).toBeGreaterThan(0);
    await quota.service[verb]({ tenantId, cost: { bytes: 1 } });
    expect(await quota.redis.pttl(keys.counters)).toBe(-1);
  });

  it('of holds expire, also where the last hold has ended and another begins', async () => {
    const { tenantId, keys } = await tenantOf('again');
    for (let times = 0; times < 3; times += 1) {
      const { operationId } = await quota.service.reserve({ tenantId, cost: { tokens: 1 } });
      expect(await quota.redis.pttl(keys.holds)).toBeGreaterThan(0);
      await quota.service.settle({ tenantId, operationId });
    }
  });
});

async function tenantOf(name: string) {
  const tenantId = quota.tenant(name);
  quota.limits.set(tenantId, [tier(TOKENS, 100), tier(SLOTS, 200)]);
  quota.clocked.nowMs = START_MS;
  const named = new QuotaKeys(quota.prefix);
  return { tenantId, keys: { counters: named.counters(tenantId), holds: named.holds(tenantId) } };
}
