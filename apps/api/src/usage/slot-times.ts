import { Injectable } from '@nestjs/common';
import type { Denied, Violation } from 'fairshare/quota';
import { LRUCache } from 'lru-cache';
import type { ExpectedDenial } from '../problems/quota-problem.js';

const TENANTS = 10_000;
/** How much the newest time counts in the mean. */
const NEWEST = 0.2;

interface Times {
  /** How long operations held their slot of late; undefined: none has ended. */
  meanMs: number | undefined;
  readonly open: Set<{ readonly sinceMs: number }>;
}

/**
 * How long a tenant's operations hold their slots, measured in this process: a concurrency limit has no window, so that
 * nothing else tells when the next slot is free.
 */
@Injectable()
export class SlotTimes {
  private readonly tenants = new LRUCache<string, Times>({ max: TENANTS });

  /** An operation of the tenant holds a slot; call the answer when it has ended. */
  began(tenantId: string): () => void {
    const times = this.timesOf(tenantId);
    const operation = { sinceMs: performance.now() };
    times.open.add(operation);
    return () => {
      if (!times.open.delete(operation)) return;
      const heldMs = performance.now() - operation.sinceMs;
      times.meanMs = times.meanMs === undefined ? heldMs : times.meanMs + NEWEST * (heldMs - times.meanMs);
    };
  }

  /** The denial with the time at which a slot is expected, where that is known; else it names the end of a lease. */
  expect(tenantId: string, denial: Denied): ExpectedDenial {
    let slotAfterMs: number | undefined;
    const violations = denial.violations.map((violation) => {
      const expectedMs = isConcurrency(violation, denial) ? this.expectedMs(tenantId, violation) : undefined;
      if (expectedMs === undefined) return violation;
      slotAfterMs = Math.max(slotAfterMs ?? 0, expectedMs);
      return { ...violation, retryAfterMs: expectedMs };
    });
    if (slotAfterMs === undefined) return denial;
    const times = violations.map(({ retryAfterMs }) => retryAfterMs);
    const retryAfterMs = times.includes('never') ? 'never' : Math.max(...(times as number[]));
    return { ...denial, violations, retryAfterMs, slotAfterMs };
  }

  /** When as many operations have ended as there are slots wanting: by those we see run, or by their rate. */
  private expectedMs(
    tenantId: string,
    { used, held, requested, limit, retryAfterMs }: Violation,
  ): number | undefined {
    const times = this.tenants.get(tenantId);
    if (times?.meanMs === undefined || retryAfterMs === 'never') return undefined;
    const wanting = used + held + requested - limit;
    const byRate = (times.meanMs * wanting) / Math.max(1, held);
    const oldest = [...times.open][wanting - 1];
    const byAge = oldest ? oldest.sinceMs + times.meanMs - performance.now() : 0;
    return Math.min(retryAfterMs, Math.max(1, Math.ceil(byRate), Math.ceil(byAge)));
  }

  private timesOf(tenantId: string): Times {
    let times = this.tenants.get(tenantId);
    if (!times) this.tenants.set(tenantId, (times = { meanMs: undefined, open: new Set() }));
    return times;
  }
}

function isConcurrency({ name }: Violation, { limits }: Denied): boolean {
  return limits.some((limit) => limit.name === name && limit.kind === 'concurrency');
}
