import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseOperationId } from '../../libs/quota/src/operation-id.js';
import type { QuotaService } from '../../libs/quota/src/quota.service.js';
import type { Cost } from '../../libs/quota/src/quota.types.js';
import type { TenantId } from '../../libs/quota/src/tenant-id.js';
import type { TierLimitValue } from '../../libs/quota/src/limits/limit-source.js';
import { define, type Harness, openHarness, START_MS, tier } from './quota-harness.js';

export const HOURLY = tier(define(1, 'hourly', 'queries', 'window', 'hour'), 10);
export const DAILY = tier(define(2, 'daily', 'queries', 'window', 'day'), 20);
export const TOKENS = tier(define(3, 'tokens', 'tokens', 'window', 'day'), 100);
export const STORAGE = tier(define(4, 'storage', 'bytes', 'level'), 100);
export const SLOTS = tier(define(5, 'slots', 'queries', 'concurrency'), 2);
/** 60 a minute, 5 at once: one comes back each second. */
export const BURST = tier(define(6, 'burst', 'queries', 'bucket', 'minute'), 60, 5);

/** The operation that `held` opens; its lease is 60 s. */
export const HELD = parseOperationId('held');

export interface VerbCase {
  readonly name: string;
  /** Default: HOURLY, DAILY and TOKENS. */
  readonly limits?: readonly TierLimitValue[];
  readonly overflow?: 'queue' | 'observe';
  /** Charged before. */
  readonly used?: Cost;
  /** Held before, by the operation HELD. */
  readonly held?: Cost;
  /** How long after all that the call comes, in ms. */
  readonly laterMs?: number;
  readonly call: (ask: { readonly service: QuotaService; readonly tenantId: TenantId }) => Promise<object>;
  readonly answers: object;
  /** `used` and `held` of each limit after it, in the order of the limits. */
  readonly leaves: readonly (readonly [used: number, held: number])[];
}

/** One test for each case, on a real Redis whose clock stands still. */
export function describeVerb(verb: string, cases: readonly VerbCase[]): void {
  describe(verb, () => {
    let quota: Harness;
    beforeAll(async () => {
      quota = await openHarness();
    });
    afterAll(() => quota.close());

    it.each(cases.map((row) => [row.name, row] as const))('%s', async (name, row) => {
      const tenantId = quota.tenant(`${verb} ${name}`);
      const { service } = quota;
      quota.limits.set(tenantId, row.limits ?? [HOURLY, DAILY, TOKENS], {
        overflow: row.overflow ?? 'queue',
      });
      quota.clocked.nowMs = START_MS;
      if (row.used) await service.record({ tenantId, cost: row.used });
      if (row.held) await service.reserve({ tenantId, cost: row.held, operationId: HELD, leaseMs: 60_000 });
      quota.clocked.nowMs = START_MS + (row.laterMs ?? 0);
      expect(await row.call({ service, tenantId })).toMatchObject(row.answers);
      const { limits } = await service.status({ tenantId });
      expect(limits.map(({ used, held }) => [used, held])).toEqual(row.leaves);
    });
  });
}
