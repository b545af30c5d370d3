import type { LimitState } from '../quota.types.js';
import type { TenantId } from '../tenant-id.js';
import type { LedgerEntry } from './usage-ledger.js';

export interface RestoreRequest {
  readonly tenantId: TenantId;
  /** What the ledger remembers; entries of windows that are over do no harm. */
  readonly entries: readonly LedgerEntry[];
}

/** One counter that remembered another use than the ledger. */
export interface Restored {
  readonly limitId: number;
  /** End of the window, ms since the epoch; 0 for a level. */
  readonly windowEndMs: number;
  readonly from: number;
  readonly to: number;
}

/** The counters that remember less than the ledger in the same window, and the levels that differ. */
export function behind(limits: readonly LimitState[], entries: readonly LedgerEntry[]): Restored[] {
  return limits.flatMap((limit) => {
    const windowEndMs = windowEndOf(limit);
    const entry = entries.find((known) => known.limitId === limit.id && known.windowEndMs === windowEndMs);
    if (!entry) return [];
    const differs = windowEndMs === 0 ? entry.used !== limit.used : entry.used > limit.used;
    return differs
      ? [{ limitId: limit.id, windowEndMs: entry.windowEndMs, from: limit.used, to: entry.used }]
      : [];
  });
}

/** What the ledger calls the window; undefined where Redis alone knows: buckets leak, slots end with their lease. */
export function windowEndOf({
  kind,
  resetsAtMs,
}: Pick<LimitState, 'kind' | 'resetsAtMs'>): number | undefined {
  if (kind === 'level') return 0;
  return kind === 'window' && resetsAtMs !== null ? resetsAtMs : undefined;
}
