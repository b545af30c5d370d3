import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type AbandonedHold, AbandonedHolds } from './abandoned-holds.js';
import { newOperationId } from './operation-id.js';
import { parseTenantId } from './tenant-id.js';

const SETTLED_MS = 250;
const tenantId = parseTenantId('acme');
const hold = (leaseMs = 60_000): AbandonedHold => ({ tenantId, operationId: newOperationId(), leaseMs });

let isAway = false;
let cancelled: AbandonedHold[] = [];
let holds: AbandonedHolds;

beforeEach(() => {
  jest.useFakeTimers();
  isAway = false;
  cancelled = [];
  holds = new AbandonedHolds((one) => {
    if (isAway) return Promise.reject(new Error('away'));
    cancelled.push(one);
    return Promise.resolve();
  }, SETTLED_MS);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('abandoned holds', () => {
  it('are cancelled once the call that was given up can have no effect any more', async () => {
    holds.add(hold());
    await jest.advanceTimersByTimeAsync(SETTLED_MS);
    expect(cancelled).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(100);
    expect(cancelled).toHaveLength(1);
    expect(holds.size).toBe(0);
  });

  it('are tried again until Redis answers', async () => {
    isAway = true;
    for (let count = 0; count < 3; count += 1) holds.add(hold());
    await jest.advanceTimersByTimeAsync(30_000);
    expect(holds.size).toBe(3);
    isAway = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(cancelled).toHaveLength(3);
  });

  it('are forgotten once their lease has ended them', async () => {
    isAway = true;
    holds.add(hold(1_000));
    await jest.advanceTimersByTimeAsync(10_000);
    isAway = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(holds.size).toBe(0);
    expect(cancelled).toHaveLength(0);
  });

  it('are bounded in number', () => {
    for (let count = 0; count < 10_100; count += 1) holds.add(hold());
    expect(holds.size).toBe(10_000);
  });
});
