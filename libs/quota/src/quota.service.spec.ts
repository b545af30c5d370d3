import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { define, MemoryLimits, openHarness, START_MS, tier } from '../../../test/support/quota-harness.js';
import { FakeQuota } from './fake-quota.js';
import type { TierLimitValue } from './limits/limit-source.js';
import { newOperationId } from './operation-id.js';
import {
  InvalidCostError,
  InvalidQuotaRequestError,
  TenantSuspendedError,
  UnknownTenantError,
} from './quota.errors.js';
import type { Allowed, Denied } from './quota.types.js';
import { parseTenantId } from './tenant-id.js';
import type { QuotaVerbs } from './quota-verbs.js';

const HOURLY = define(1, 'queries_hourly', 'queries', 'window', 'hour');
const DAILY = define(2, 'queries_daily', 'queries', 'window', 'day');
const TOKENS = define(4, 'tokens_daily', 'tokens', 'window', 'day');
const STORAGE = define(7, 'storage', 'bytes', 'level');
const SLOTS = define(8, 'slots', 'queries', 'concurrency');
const BURST = define(9, 'burst', 'queries', 'bucket', 'minute');

interface Subject {
  readonly service: QuotaVerbs;
  readonly limits: MemoryLimits;
  readonly clock: { nowMs: number };
  readonly close: () => Promise<void>;
}

const SUBJECTS: readonly [string, () => Promise<Subject>][] = [
  [
    'QuotaService on Redis',
    async () => {
      const harness = await openHarness({ resources: ['other'] });
      return { ...harness, clock: harness.clocked };
    },
  ],
  [
    'FakeQuota',
    async () => {
      const limits = new MemoryLimits();
      const fake = new FakeQuota({ limits, resources: ['other'] });
      return { service: fake, limits, clock: fake, close: async () => undefined };
    },
  ],
];

describe.each(SUBJECTS)('%s', (_, open) => {
  let quota: Subject;
  beforeAll(async () => {
    quota = await open();
  });
  afterAll(() => quota.close());

  let next = 0;
  function tenantWith(...limits: readonly TierLimitValue[]) {
    const tenantId = parseTenantId(`tenant ${(next += 1)}`);
    quota.limits.set(tenantId, limits);
    quota.clock.nowMs = START_MS;
    return tenantId;
  }

  describe('spend', () => {
    it('charges every limit of the resource and reports all limits', async () => {
      const tenantId = tenantWith(tier(HOURLY, 10), tier(DAILY, 100), tier(TOKENS, 500));
      const decision = await quota.service.spend({ tenantId, cost: { queries: 3, other: 9 } });
      expect(decision.allowed).toBe(true);
      expect(decision.limits.map(({ used, remaining, resetsAtMs }) => [used, remaining, resetsAtMs])).toEqual(
        [
          [3, 7, START_MS + 3_600_000],
          [3, 97, START_MS + 12 * 3_600_000],
          [0, 500, START_MS + 12 * 3_600_000],
        ],
      );
    });

    it('spends nothing on any limit when one denies, and tells when it fits', async () => {
      const tenantId = tenantWith(tier(HOURLY, 10), tier(DAILY, 100), tier(TOKENS, 500));
      const denied = (await quota.service.spend({ tenantId, cost: { queries: 1, tokens: 501 } })) as Denied;
      expect(denied).toMatchObject({ allowed: false, retryAfterMs: 'never' });
      expect(denied.violations).toEqual([
        {
          name: 'tokens_daily',
          resource: 'tokens',
          limit: 500,
          used: 0,
          held: 0,
          requested: 501,
          retryAfterMs: 'never',
        },
      ]);
      const status = await quota.service.status({ tenantId });
      expect(status.limits.map(({ used }) => used)).toEqual([0, 0, 0]);
      await quota.service.spend({ tenantId, cost: { queries: 10 } });
      expect(await quota.service.spend({ tenantId, cost: { queries: 1 } })).toMatchObject({
        allowed: false,
        retryAfterMs: 3_600_000,
      });
    });

    it('is charged once under one operation id', async () => {
      const tenantId = tenantWith(tier(HOURLY, 10));
      const operationId = newOperationId();
      const first = await quota.service.spend({ tenantId, operationId, cost: { queries: 10 } });
      const again = await quota.service.spend({ tenantId, operationId, cost: { queries: 10 } });
      expect([first.repeated, again.repeated]).toEqual([false, true]);
      expect(again).toMatchObject({ allowed: true, outcome: 'spent' });
      expect(again.limits[0]!.used).toBe(10);
    });

    it('lets a denied operation ask again', async () => {
      const tenantId = tenantWith(tier(HOURLY, 1));
      const operationId = newOperationId();
      await quota.service.spend({ tenantId, cost: { queries: 1 } });
      expect(await quota.service.spend({ tenantId, operationId, cost: { queries: 1 } })).toMatchObject({
        allowed: false,
      });
      quota.clock.nowMs += 3_600_000;
      expect(await quota.service.spend({ tenantId, operationId, cost: { queries: 1 } })).toMatchObject({
        allowed: true,
        repeated: false,
      });
    });
  });

  describe('reserve', () => {
    it('shows what is held apart from what is used, and settles the true cost', async () => {
      const tenantId = tenantWith(tier(TOKENS, 100), tier(SLOTS, 2));
      const held = (await quota.service.reserve({
        tenantId,
        cost: { tokens: 80, queries: 1 },
        leaseMs: 5_000,
      })) as Allowed;
      expect(held).toMatchObject({ outcome: 'held', leaseExpiresAtMs: START_MS + 5_000 });
      expect(held.limits.map(({ used, held: set }) => [used, set])).toEqual([
        [0, 80],
        [0, 1],
      ]);
      const { operationId } = held;
      const settled = await quota.service.settle({ tenantId, operationId, cost: { tokens: 30 } });
      expect(settled).toMatchObject({
        outcome: 'settled',
        repeated: false,
        charged: { tokens_daily: 30 },
        overruns: [],
      });
      expect(settled.limits.map(({ used, held: set }) => [used, set])).toEqual([
        [30, 0],
        [0, 0],
      ]);
      const again = await quota.service.settle({ tenantId, operationId, cost: { tokens: 99 } });
      expect(again).toMatchObject({ outcome: 'settled', repeated: true, charged: { tokens_daily: 30 } });
      expect(again.limits[0]!.used).toBe(30);
    });

    it('comes back by itself when the lease ends, released or charged', async () => {
      const charged = define(5, 'tokens_monthly', 'tokens', 'window', 'month', 'charge');
      const tenantId = tenantWith(tier(TOKENS, 100), tier(charged, 100), tier(SLOTS, 1));
      const held = await quota.service.reserve({
        tenantId,
        cost: { tokens: 60, queries: 1 },
        leaseMs: 1_000,
      });
      const denied = (await quota.service.reserve({ tenantId, cost: { tokens: 40, queries: 1 } })) as Denied;
      expect(denied).toMatchObject({ allowed: false, retryAfterMs: 1_000 });
      quota.clock.nowMs += 1_000;
      const status = await quota.service.status({ tenantId });
      expect(status.limits.map(({ used, held: set }) => [used, set])).toEqual([
        [0, 0],
        [60, 0],
        [0, 0],
      ]);
      expect(await quota.service.settle({ tenantId, operationId: held.operationId })).toMatchObject({
        outcome: 'expired',
      });
    });

    it('gives a refund to the window that was charged', async () => {
      const tenantId = tenantWith(tier(HOURLY, 10));
      const { operationId } = await quota.service.reserve({
        tenantId,
        cost: { queries: 5 },
        leaseMs: 7_200_000,
      });
      quota.clock.nowMs += 3_600_000;
      await quota.service.spend({ tenantId, cost: { queries: 2 } });
      const cancelled = await quota.service.cancel({ tenantId, operationId });
      expect(cancelled).toMatchObject({ outcome: 'cancelled', charged: {} });
      expect(cancelled.limits[0]).toMatchObject({ used: 2, held: 0 });
    });

    it('extends its lease and its cost, and stays as it was where that is denied', async () => {
      const tenantId = tenantWith(tier(TOKENS, 100));
      const { operationId } = await quota.service.reserve({ tenantId, cost: { tokens: 10 }, leaseMs: 1_000 });
      expect(
        await quota.service.extend({ tenantId, operationId, leaseMs: 2_000, cost: { tokens: 60 } }),
      ).toMatchObject({
        allowed: true,
        leaseExpiresAtMs: START_MS + 2_000,
        limits: [{ held: 60 }],
      });
      const repeated = await quota.service.extend({
        tenantId,
        operationId,
        leaseMs: 2_000,
        cost: { tokens: 60 },
      });
      expect(repeated.limits[0]!.held).toBe(60);
      expect(await quota.service.extend({ tenantId, operationId, cost: { tokens: 101 } })).toMatchObject({
        allowed: false,
      });
      expect(await quota.service.settle({ tenantId, operationId })).toMatchObject({
        charged: { tokens_daily: 60 },
      });
      expect(await quota.service.extend({ tenantId, operationId })).toMatchObject({
        allowed: false,
        outcome: 'settled',
      });
    });
  });

  describe('the other verbs', () => {
    it('records beyond the limit and marks it', async () => {
      const tenantId = tenantWith(tier(TOKENS, 100));
      expect(await quota.service.record({ tenantId, cost: { tokens: 130 } })).toMatchObject({
        charged: { tokens_daily: 130 },
        overruns: [{ name: 'tokens_daily', limit: 100, amount: 30 }],
        limits: [{ used: 130, remaining: 0 }],
      });
    });

    it('moves a level by delta and by total', async () => {
      const tenantId = tenantWith(tier(STORAGE, 100));
      const adjust = (change: { delta: number } | { total: number }) =>
        quota.service.adjust({ tenantId, resource: 'bytes', ...change });
      expect(await adjust({ delta: 60 })).toMatchObject({ allowed: true, limits: [{ used: 60 }] });
      expect(await adjust({ delta: 60 })).toMatchObject({ allowed: false, retryAfterMs: 'never' });
      expect(await adjust({ total: 90 })).toMatchObject({
        allowed: true,
        limits: [{ used: 90, remaining: 10 }],
      });
      expect(await adjust({ delta: -200 })).toMatchObject({ allowed: true, limits: [{ used: 0 }] });
    });

    it('lets a bucket leak', async () => {
      const tenantId = tenantWith(tier(BURST, 60, 10));
      expect(await quota.service.spend({ tenantId, cost: { queries: 10 } })).toMatchObject({
        allowed: true,
        limits: [{ used: 10, remaining: 0, resetsAtMs: START_MS + 10_000 }],
      });
      expect(await quota.service.spend({ tenantId, cost: { queries: 3 } })).toMatchObject({
        retryAfterMs: 3_000,
      });
      quota.clock.nowMs += 2_999;
      expect(await quota.service.spend({ tenantId, cost: { queries: 3 } })).toMatchObject({
        retryAfterMs: 1,
      });
      quota.clock.nowMs += 1;
      expect(await quota.service.spend({ tenantId, cost: { queries: 3 } })).toMatchObject({ allowed: true });
    });

    it('observes without refusing', async () => {
      const tenantId = parseTenantId('observed');
      quota.limits.set(tenantId, [tier(TOKENS, 100)], { overflow: 'observe' });
      const decision = await quota.service.spend({ tenantId, cost: { tokens: 150 } });
      expect(decision).toMatchObject({
        allowed: true,
        mode: 'observe',
        wouldDeny: [{ name: 'tokens_daily', retryAfterMs: 'never' }],
        limits: [{ used: 150, remaining: 0 }],
      });
    });

    it('resets some limits or everything', async () => {
      const tenantId = tenantWith(tier(HOURLY, 10), tier(TOKENS, 100), tier(SLOTS, 5));
      const { operationId } = await quota.service.reserve({ tenantId, cost: { queries: 1 } });
      await quota.service.spend({ tenantId, cost: { queries: 4, tokens: 50 } });
      expect((await quota.service.reset({ tenantId, limits: ['tokens_daily'] })).limits).toMatchObject([
        { used: 4, held: 1 },
        { used: 0 },
        { held: 1 },
      ]);
      expect(await quota.service.reset({ tenantId })).toMatchObject({
        openHolds: 0,
        limits: [{ used: 0, held: 0 }, { used: 0 }, { held: 0 }],
      });
      expect(await quota.service.settle({ tenantId, operationId })).toMatchObject({ outcome: 'expired' });
    });
  });

  describe('a request that is wrong', () => {
    it.each([NaN, -1, 0.5, Infinity, 2 ** 53, '5', null, [5]])(
      '%p as a cost is refused and moves nothing',
      async (units) => {
        const tenantId = tenantWith(tier(TOKENS, 100));
        const cost = { tokens: units as number };
        for (const verb of ['check', 'spend', 'reserve', 'record'] as const) {
          await expect(quota.service[verb]({ tenantId, cost })).rejects.toThrow(InvalidCostError);
        }
        const { operationId } = await quota.service.reserve({ tenantId, cost: { tokens: 1 } });
        await expect(quota.service.settle({ tenantId, operationId, cost })).rejects.toThrow(InvalidCostError);
        await expect(quota.service.extend({ tenantId, operationId, cost })).rejects.toThrow(InvalidCostError);
        await expect(quota.service.adjust({ tenantId, resource: 'x', total: cost.tokens })).rejects.toThrow(
          InvalidCostError,
        );
        expect((await quota.service.status({ tenantId })).limits).toMatchObject([{ used: 0, held: 1 }]);
      },
    );

    it('names what it does not know', async () => {
      const tenantId = tenantWith(tier(TOKENS, 100));
      await expect(quota.service.status({ tenantId: parseTenantId('nobody') })).rejects.toThrow(
        UnknownTenantError,
      );
      await expect(quota.service.reset({ tenantId, limits: ['nothing'] })).rejects.toThrow(
        InvalidQuotaRequestError,
      );
      await expect(quota.service.reserve({ tenantId, cost: {}, leaseMs: 0 })).rejects.toThrow(
        InvalidQuotaRequestError,
      );
    });

    it('spends nothing for a suspended tenant, which may still settle', async () => {
      const tenantId = tenantWith(tier(TOKENS, 100));
      const { operationId } = await quota.service.reserve({ tenantId, cost: { tokens: 1 } });
      quota.limits.set(tenantId, [tier(TOKENS, 100)], { status: 'suspended', version: 2 });
      await expect(quota.service.spend({ tenantId, cost: {} })).rejects.toThrow(TenantSuspendedError);
      expect(await quota.service.settle({ tenantId, operationId })).toMatchObject({ outcome: 'settled' });
      expect(await quota.service.status({ tenantId })).toMatchObject({ status: 'suspended' });
    });
  });

  describe('limits that change', () => {
    it('mint nothing: below the use remaining is 0, and the use stays', async () => {
      const tenantId = tenantWith(tier(TOKENS, 100));
      await quota.service.spend({ tenantId, cost: { tokens: 80 } });
      quota.limits.set(tenantId, [tier(TOKENS, 50)], { version: 2 });
      expect((await quota.service.status({ tenantId })).limits).toMatchObject([
        { limit: 50, used: 80, remaining: 0 },
      ]);
      quota.limits.set(tenantId, [tier(TOKENS, 90)], { version: 3 });
      expect(await quota.service.spend({ tenantId, cost: { tokens: 11 } })).toMatchObject({ allowed: false });
      expect(await quota.service.spend({ tenantId, cost: { tokens: 10 } })).toMatchObject({ allowed: true });
    });

    it('end an override at its very instant', async () => {
      const tenantId = tenantWith(tier(TOKENS, 100));
      const override = {
        id: 5,
        definition: TOKENS,
        value: 200,
        startsAtMs: START_MS - 1,
        expiresAtMs: START_MS + 1_000,
      };
      quota.limits.set(tenantId, [tier(TOKENS, 100)], { overrides: [override] });
      quota.clock.nowMs = START_MS + 999;
      expect(await quota.service.check({ tenantId, cost: { tokens: 150 } })).toMatchObject({
        allowed: true,
        limits: [{ limit: 200, source: 'override', overrideId: 5 }],
      });
      quota.clock.nowMs += 1;
      expect(await quota.service.check({ tenantId, cost: { tokens: 150 } })).toMatchObject({
        allowed: false,
        limits: [{ limit: 100, source: 'tier' }],
      });
    });
  });
});
