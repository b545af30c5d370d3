import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QuotaKeys } from '../libs/quota/src/counters/keys.js';
import { QuotaPlan } from '../libs/quota/src/counters/records/plan.js';
import { EMPTY_SEED } from '../libs/quota/src/counters/records/counters.js';
import { reserveScript, spendScript } from '../libs/quota/src/counters/scripts.js';
import { define, type Harness, openHarness, testRedisUrl, tier } from './support/quota-harness.js';

const CALLER = fileURLToPath(new URL('./support/script-caller.mjs', import.meta.url));
const LIMIT = 7;
const HOURLY = define(1, 'queries_hourly', 'queries', 'window', 'month');
const DAILY = define(2, 'queries_daily', 'queries', 'window', 'month');
const SLOTS = define(8, 'slots', 'queries', 'concurrency');

let quota: Harness;
beforeAll(async () => {
  quota = await openHarness({ clock: 'real' });
});
afterAll(() => quota.close());

/** Starts processes that each make 50 calls at once; gives the first byte of each answer. */
async function callFromProcesses(
  script: { text: string },
  tenant: string,
  processes: number,
): Promise<number[]> {
  const tenantId = quota.tenant(tenant);
  const keys = new QuotaKeys(quota.prefix);
  const plan = new QuotaPlan(await quota.cache.get(tenantId), 600_000).encode({
    cost: { queries: 1 },
    leaseMs: 60_000,
  });
  const outputs = await Promise.all(
    Array.from({ length: processes }, async (_, caller) => {
      const names = Array.from({ length: 50 }, (__, index) => `${caller}-${index}`);
      const job = {
        url: testRedisUrl(),
        text: script.text,
        keys: [keys.counters(tenantId), keys.holds(tenantId)],
        plan: plan.toString('base64'),
        names,
        seed: EMPTY_SEED.toString('base64'),
      };
      const { stdout } = await promisify(execFile)(process.execPath, [CALLER, JSON.stringify(job)]);
      return JSON.parse(stdout) as number[];
    }),
  );
  return outputs.flat();
}

describe('callers in four processes', () => {
  it.each([
    ['spend', spendScript, 4],
    ['reserve', reserveScript, 1],
  ] as const)('%s exactly what the limit allows', async (name, script, admitted) => {
    const tenantId = quota.tenant(`race ${name}`);
    quota.limits.set(tenantId, [tier(HOURLY, 1_000), tier(DAILY, LIMIT), tier(SLOTS, 100)]);
    const answers = await callFromProcesses(script, `race ${name}`, 4);
    expect(answers).toHaveLength(200);
    expect(answers.filter((answer) => answer === admitted)).toHaveLength(LIMIT);
    const { limits } = await quota.service.status({ tenantId });
    // The limits that had room lost nothing to the 193 denials.
    expect(limits.slice(0, 2).map(({ used, held }) => used + held)).toEqual([LIMIT, LIMIT]);
  });
});

describe('callers in one process', () => {
  it('never hold more slots than there are, and lose none', async () => {
    const tenantId = quota.tenant('slots');
    quota.limits.set(tenantId, [tier(SLOTS, LIMIT)]);
    let inside = 0;
    let most = 0;
    let done = 0;
    const caller = async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        const decision = await quota.service.reserve({ tenantId, cost: { queries: 1 } });
        if (!decision.allowed) continue;
        most = Math.max(most, (inside += 1));
        await quota.service.check({ tenantId, cost: { queries: 1 } });
        // Counted out before Redis is told: the other way round the count itself would race.
        inside -= 1;
        await quota.service.settle({ tenantId, operationId: decision.operationId });
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: 50 }, caller));
    expect(most).toBe(LIMIT);
    expect(done).toBeGreaterThan(LIMIT);
    expect(await quota.service.status({ tenantId })).toMatchObject({ openHolds: 0, limits: [{ held: 0 }] });
  });
});
