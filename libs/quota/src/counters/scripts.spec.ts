import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { define, type Harness, openHarness, START_MS, tier } from '../../../../test/support/quota-harness.js';
import { parseOperationId } from '../operation-id.js';
import { QuotaKeys } from './keys.js';
import { QuotaPlan } from './quota-plan.js';
import { EMPTY_SEED, NO_SEED } from './quota-seed.js';
import {
  adjustScript,
  checkScript,
  recordScript,
  reserveScript,
  resetScript,
  spendScript,
} from './scripts.js';

const TOKENS = define(1, 'tokens_daily', 'tokens', 'window', 'day');
const SLOTS = define(2, 'slots', 'queries', 'concurrency');
const COST_AT = 34;

let quota: Harness;
beforeAll(async () => {
  quota = await openHarness();
});
afterAll(() => quota.close());

describe('a script', () => {
  const bad: readonly [string, number][] = [
    ['NaN', NaN],
    ['negative', -1],
    ['-Infinity', -Infinity],
    ['Infinity', Infinity],
    ['a fraction', 0.5],
    ['beyond 2^53 - 1', 2 ** 53],
  ];
  const admitting = [
    ['spend', spendScript],
    ['reserve', reserveScript],
    ['record', recordScript],
  ] as const;

  it.each(
    admitting.flatMap(([verb, script]) => bad.map(([what, cost]) => [verb, what, script, cost] as const)),
  )('%s refuses a cost that is %s, and moves nothing', async (verb, what, script, cost) => {
    const { keys, plan } = await planFor(`${verb} ${what}`);
    plan.writeDoubleLE(cost, COST_AT);
    const call = script.run(quota.clocked.client, keys, { plan, operationId: 'x', seed: EMPTY_SEED });
    await expect(call).rejects.toThrow(/^QUOTA /);
    expect(await quota.redis.exists(keys.counters, keys.holds, keys.operation)).toBe(0);
  });

  it('refuses a plan that is cut short, of another version, or of numbers that cannot be counted', async () => {
    const { keys, plan } = await planFor('malformed');
    const spoilt = [
      plan.subarray(0, 10),
      plan.subarray(0, plan.length - 1),
      Buffer.concat([plan, Buffer.alloc(1)]),
      patched(plan, (bytes) => bytes.writeUInt8(9, 0)),
      patched(plan, (bytes) => bytes.writeDoubleLE(NaN, COST_AT + 16)),
      patched(plan, (bytes) => bytes.writeDoubleLE(NaN, 2)),
      patched(plan, (bytes) => bytes.writeDoubleLE(0, 10)),
    ];
    for (const bytes of spoilt) {
      const call = spendScript.run(quota.clocked.client, keys, {
        plan: bytes,
        operationId: 'x',
        seed: EMPTY_SEED,
      });
      await expect(call).rejects.toThrow(/^QUOTA /);
    }
    expect(await quota.redis.exists(keys.counters, keys.operation)).toBe(0);
  });

  it('refuses a word that it does not know', async () => {
    const { keys, plan } = await planFor('words');
    const args = { plan, operationId: '', seed: EMPTY_SEED };
    await expect(adjustScript.run(quota.clocked.client, keys, { ...args, movement: 'away' })).rejects.toThrow(
      /^QUOTA /,
    );
    await expect(resetScript.run(quota.clocked.client, keys, { ...args, scope: 'none' })).rejects.toThrow(
      /^QUOTA /,
    );
    expect(await quota.redis.exists(keys.counters)).toBe(0);
  });

  it('says cold instead of starting at zero, and stale instead of deciding by limits of another time', async () => {
    const { keys, plan } = await planFor('cold');
    const run = (seed: Buffer) => checkScript.run(quota.clocked.client, keys, { plan, isHeld: '0', seed });
    expect((await run(NO_SEED))[0]).toBe(2);
    plan.writeDoubleLE(START_MS, 26);
    const stale = await run(EMPTY_SEED);
    expect([stale[0], stale.readDoubleLE(1)]).toEqual([3, START_MS]);
  });
});

describe('holds', () => {
  it('are swept by at most 64 a call, and every one in the end', async () => {
    const { tenantId } = await planFor('swept');
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
    const { tenantId } = await planFor('walked');
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
    const { tenantId } = await planFor('late');
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
    const { tenantId, keys } = await planFor(`kept by ${verb}`);
    quota.limits.set(tenantId, [tier(TOKENS, 100), tier(BYTES, 100)]);
    for (let times = 0; times < 2; times += 1) await quota.service[verb]({ tenantId, cost: { tokens: 1 } });
    expect(await quota.redis.pttl(keys.counters)).toBeGreaterThan(0);
    await quota.service[verb]({ tenantId, cost: { bytes: 1 } });
    expect(await quota.redis.pttl(keys.counters)).toBe(-1);
  });

  it('of holds expire, also where the last hold has ended and another begins', async () => {
    const { tenantId, keys } = await planFor('again');
    for (let times = 0; times < 3; times += 1) {
      const { operationId } = await quota.service.reserve({ tenantId, cost: { tokens: 1 } });
      expect(await quota.redis.pttl(keys.holds)).toBeGreaterThan(0);
      await quota.service.settle({ tenantId, operationId });
    }
  });
});

describe('the calendar', () => {
  it('has exactly one month for every instant of a hundred years', async () => {
    const calendar = readFileSync(new URL('./shared/calendar.lua', import.meta.url), 'utf8');
    const text = `${calendar}\nlocal ends = {}\nfor i, ms in ipairs(ARGV) do ends[i] = tostring(month_end(tonumber(ms)) / 1000) end\nreturn ends`;
    const instants: number[] = [];
    for (let month = 0; month < 1_200; month += 1) {
      const start = Date.UTC(2000, month, 1);
      const middle = Date.UTC(2000, month, 15, 13, 7);
      const end = Date.UTC(2000, month + 1, 1) - 1;
      instants.push(start, start + 1, middle, Date.UTC(2000, month, 28, 23, 59, 59, 999), end);
    }
    for (let at = 0; at < instants.length; at += 1_000) {
      const part = instants.slice(at, at + 1_000);
      const ends = (await quota.redis.eval(text, 0, ...part.map(String))) as string[];
      const expected = part.map((ms) =>
        Date.UTC(new Date(ms).getUTCFullYear(), new Date(ms).getUTCMonth() + 1, 1),
      );
      expect(ends.map((end) => Number(end) * 1_000)).toEqual(expected);
    }
  });

  it('turns every window at its end and never moves an end back', async () => {
    const tenantId = quota.tenant('turns');
    const periods = ['minute', 'hour', 'day', 'month'] as const;
    quota.limits.set(
      tenantId,
      periods.map((period, index) => tier(define(index + 1, period, 'q', 'window', period), 100)),
    );
    const newYear = Date.UTC(2093, 0, 1);
    const spendAt = async (nowMs: number) => {
      quota.clocked.nowMs = nowMs;
      const { limits } = await quota.service.spend({ tenantId, cost: { q: 1 } });
      return limits.map(({ used, resetsAtMs }) => [used, resetsAtMs]);
    };
    expect(await spendAt(newYear - 1)).toEqual(periods.map(() => [1, newYear]));
    const ends = [60_000, 3_600_000, 86_400_000, 31 * 86_400_000].map((ms) => [1, newYear + ms]);
    expect(await spendAt(newYear)).toEqual(ends);
    // The clock steps back over the year's end: the windows that have begun stay.
    expect(await spendAt(newYear - 5_000)).toEqual(ends.map(([, end]) => [2, end]));
    quota.clocked.nowMs = START_MS;
  });
});

async function planFor(name: string) {
  const tenantId = quota.tenant(name);
  quota.limits.set(tenantId, [tier(TOKENS, 100), tier(SLOTS, 200)]);
  quota.clocked.nowMs = START_MS;
  const named = new QuotaKeys(quota.prefix);
  const keys = {
    counters: named.counters(tenantId),
    holds: named.holds(tenantId),
    operation: named.operation(tenantId, parseOperationId('x')),
  };
  const plan = new QuotaPlan(await quota.cache.get(tenantId), 600_000).encode({
    cost: { tokens: 1, queries: 1 },
    leaseMs: 1_000,
  });
  return { tenantId, keys, plan };
}

function patched(plan: Buffer, change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(plan);
  change(bytes);
  return bytes;
}
