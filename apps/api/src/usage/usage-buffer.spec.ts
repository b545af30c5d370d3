import { describe, expect, it } from '@jest/globals';
import { type LimitState, parseTenantId, type UsageEvent } from 'fairshare/quota';
import { UsageBuffer } from './usage-buffer.js';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 24, 12);
const hourly = {
  id: 1,
  name: 'queries_hourly',
  resource: 'queries',
  kind: 'window',
  resetsAtMs: NOON + HOUR_MS,
};
const storage = { id: 7, name: 'storage_bytes', resource: 'storage_bytes', kind: 'level', resetsAtMs: null };
const slots = {
  id: 8,
  name: 'concurrent',
  resource: 'concurrent_queries',
  kind: 'concurrency',
  resetsAtMs: null,
};

function event(used: number, more: Partial<UsageEvent> = {}): UsageEvent {
  const limits = [
    { ...hourly, used },
    { ...storage, used: 50 },
    { ...slots, used: 0 },
  ] as unknown as LimitState[];
  return {
    tenantId: parseTenantId('acme'),
    verb: 'spend',
    outcome: 'spent',
    limits,
    charged: { queries: 1, concurrent_queries: 1, storage_bytes: 50 },
    overruns: [],
    decidedAtMs: NOON + 5,
    ...more,
  };
}

describe('the usage buffer', () => {
  it('keeps the last decision of a window, and sums an hour', () => {
    const buffer = new UsageBuffer();
    buffer.recorded(event(2, { decidedAtMs: NOON + 9 }));
    buffer.recorded(event(1));
    const { ledger, history } = buffer.take();
    expect(ledger).toEqual([
      {
        tenantId: 'acme',
        limitId: 1,
        windowEndMs: NOON + HOUR_MS,
        used: 2,
        decidedAtMs: NOON + 9,
        resetAtMs: 0,
        overrun: 0,
      },
      {
        tenantId: 'acme',
        limitId: 7,
        windowEndMs: 0,
        used: 50,
        decidedAtMs: NOON + 9,
        resetAtMs: 0,
        overrun: 0,
      },
    ]);
    expect(history).toEqual([{ tenantId: 'acme', resource: 'queries', hourMs: NOON, amount: 2, overrun: 0 }]);
    expect(buffer.take()).toEqual({ ledger: [], history: [] });
  });

  it('puts rows that came back below what was decided since', () => {
    const buffer = new UsageBuffer();
    buffer.recorded(event(1));
    const rows = buffer.take();
    buffer.recorded(event(2, { decidedAtMs: NOON + 9 }));
    buffer.giveBack(rows);
    const { ledger, history } = buffer.take();
    expect(ledger.map(({ used }) => used)).toEqual([2, 50]);
    expect(history[0]!.amount).toBe(2);
  });

  it('adds up what lies beyond a limit, in whatever order it comes back, from the last reset on', () => {
    const beyond = (amount: number, at: number, more: Partial<UsageEvent> = {}) =>
      event(5, {
        verb: 'settle',
        overruns: [{ name: 'queries_hourly', limit: 5, amount }],
        charged: { queries: amount + 1 },
        decidedAtMs: NOON + at,
        ...more,
      });
    const buffer = new UsageBuffer();
    buffer.recorded(beyond(3, 10));
    const rows = buffer.take();
    buffer.recorded(beyond(4, 20));
    buffer.giveBack(rows);
    const { ledger, history } = buffer.take();
    expect(ledger.find(({ limitId }) => limitId === 1)).toMatchObject({
      used: 5,
      overrun: 7,
      resetAtMs: 0,
    });
    expect(history).toMatchObject([{ amount: 9, overrun: 7 }]);
    buffer.recorded(beyond(3, 30));
    buffer.recorded(beyond(0, 40, { verb: 'reset', overruns: [], charged: {} }));
    buffer.recorded(beyond(2, 50));
    expect(buffer.take().ledger[0]).toMatchObject({ overrun: 2, resetAtMs: NOON + 40 });
  });

  it('knows of a tenant what is not written yet, also while it is being written', () => {
    const buffer = new UsageBuffer();
    const used = () => buffer.unwritten('acme').map(({ limitId, used }) => [limitId, used]);
    buffer.recorded(event(1, { charged: { queries: 1 } }));
    buffer.recorded(event(9, { tenantId: parseTenantId('other'), charged: { queries: 1 } }));
    const rows = buffer.take();
    expect(used()).toEqual([[1, 1]]);
    buffer.recorded(event(2, { charged: { queries: 1 }, decidedAtMs: NOON + 9 }));
    expect(used()).toEqual([
      [1, 1],
      [1, 2],
    ]);
    buffer.giveBack(rows);
    expect(used()).toEqual([[1, 2]]);
    buffer.take();
    buffer.written();
    expect(used()).toEqual([]);
  });

  it('writes a zero down only where an operator reset the counter', () => {
    const buffer = new UsageBuffer();
    buffer.recorded(event(0, { verb: 'reserve', charged: {} }));
    expect(buffer.take().ledger).toEqual([]);
    buffer.recorded(event(0, { verb: 'reset', charged: {} }));
    expect(buffer.take().ledger.map(({ limitId }) => limitId)).toEqual([1, 7]);
  });

  it('never moves a window backwards, except by a reset, with which goes what was decided before', () => {
    const buffer = new UsageBuffer();
    buffer.recorded(event(65));
    buffer.recorded(event(26, { decidedAtMs: NOON + 9 }));
    const [window] = buffer.take().ledger;
    expect(window).toMatchObject({ used: 65, decidedAtMs: NOON + 9 });
    buffer.recorded(event(65));
    buffer.recorded(event(0, { verb: 'reset', charged: {}, decidedAtMs: NOON + 20 }));
    buffer.recorded(event(1, { decidedAtMs: NOON + 21 }));
    buffer.recorded(event(66, { decidedAtMs: NOON + 19 }));
    expect(buffer.take().ledger[0]).toMatchObject({ used: 1, resetAtMs: NOON + 20 });
  });

  it('takes a level only from what moved it', () => {
    const buffer = new UsageBuffer();
    buffer.recorded(event(1, { charged: { queries: 1 } }));
    expect(buffer.take().ledger.map(({ limitId }) => limitId)).toEqual([1]);
  });

  it('grows with tenants and windows, never with requests', () => {
    const buffer = new UsageBuffer();
    for (let request = 1; request <= 10_000; request += 1) {
      buffer.recorded(event(request, { tenantId: parseTenantId(`tenant-${request % 10}`) }));
    }
    const { ledger, history } = buffer.take();
    expect([ledger.length, history.length]).toEqual([20, 10]);
    expect(history.map(({ amount }) => amount)).toEqual(Array(10).fill(1_000));
  });
});
