import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { define, type Harness, openHarness, START_MS, tier } from '../../../../test/support/quota-harness.js';

let quota: Harness;
beforeAll(async () => {
  quota = await openHarness();
});
afterAll(() => quota.close());

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
