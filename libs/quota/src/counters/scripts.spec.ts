import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { define, type Harness, openHarness, START_MS, tier } from '../../../../test/support/quota-harness.js';
import { parseOperationId } from '../operation-id.js';
import { QuotaKeys } from './keys.js';
import { QuotaPlan } from './records/plan.js';
import { EMPTY_SEED, NO_SEED } from './records/counters.js';
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
