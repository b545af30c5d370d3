import type { TenantId } from '../tenant-id.js';

/** Last known use of one limit. */
export interface LedgerEntry {
  readonly limitId: number;
  /** End of the window (exclusive), ms since the epoch; 0 for a level. */
  readonly windowEndMs: number;
  readonly used: number;
}

/** Where counters come back from after Redis lost its memory; asked once for a tenant Redis knows nothing of. */
export interface UsageLedger {
  /** Entries whose window has ended do no harm. Rejects where the ledger is away: nothing is decided then. */
  load(tenantId: TenantId): Promise<readonly LedgerEntry[]>;
}

export const UsageLedger = Symbol('UsageLedger');
