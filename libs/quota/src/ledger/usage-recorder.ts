import type { LimitState, OperationOutcome, Overrun } from '../quota.types.js';
import type { TenantId } from '../tenant-id.js';

export type QuotaVerb = 'spend' | 'reserve' | 'settle' | 'extend' | 'cancel' | 'record' | 'adjust' | 'reset';

/** One answer that moved a counter. */
export interface UsageEvent {
  readonly tenantId: TenantId;
  readonly verb: QuotaVerb;
  readonly outcome: OperationOutcome | 'recorded' | 'adjusted' | 'reset';
  /** Counters after it (of a reset: those that it set to 0): what a ledger keeps (`resetsAtMs` of a window is its end; the newest `decidedAtMs` wins). */
  readonly limits: readonly LimitState[];
  /** True units that were charged now, by resource: what a history sums. */
  readonly charged: Readonly<Record<string, number>>;
  /** What of it lies beyond a limit and was not added to its counter: used + this is what was truly spent. */
  readonly overruns: readonly Overrun[];
  /** Redis time. */
  readonly decidedAtMs: number;
}

/** Sees every answer that moved a counter. Called in the request's way: it must be quick and must not throw. */
export interface UsageRecorder {
  recorded(event: UsageEvent): void;
}

export const UsageRecorder = Symbol('UsageRecorder');
