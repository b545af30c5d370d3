import { Injectable } from '@nestjs/common';
import { type LimitState, type UsageEvent, type UsageRecorder, windowEndOf } from 'fairshare/quota';

const HOUR_MS = 3_600_000;

/** Last known use of one limit in one window. */
export interface LedgerRow {
  readonly tenantId: string;
  readonly limitId: number;
  /** End of the window, ms since the epoch; 0 for a level. */
  readonly windowEndMs: number;
  readonly used: number;
  /** Redis time of the decision that said so; of two rows of a level the later one is the truth. */
  readonly decidedAtMs: number;
  /** Redis time of the last reset by an operator, which lowers a use; 0: none. What was decided before it is gone. */
  readonly resetAtMs: number;
}

/** Units of one resource that a tenant spent within one hour. */
export interface HistoryRow {
  readonly tenantId: string;
  readonly resource: string;
  /** Start of the hour, ms since the epoch. */
  readonly hourMs: number;
  readonly amount: number;
}

export interface UsageRows {
  readonly ledger: readonly LedgerRow[];
  readonly history: readonly HistoryRow[];
}

/**
 * What was used since the last write, gathered in memory: one ledger row for each limit's window, one history row for
 * each hour, whatever the rate of requests. Its size is bounded by tenants × limits (× hours that PostgreSQL is away).
 */
@Injectable()
export class UsageBuffer implements UsageRecorder {
  private ledger = new Map<string, LedgerRow>();
  private history = new Map<string, HistoryRow>();

  recorded({ tenantId, verb, limits, charged, decidedAtMs }: UsageEvent): void {
    const isReset = verb === 'reset';
    for (const limit of limits) {
      const windowEndMs = windowEndOf(limit);
      if (windowEndMs === undefined || !(isReset || hasMoved(limit, charged, verb))) continue;
      const row = { tenantId, limitId: limit.id, windowEndMs, used: limit.used, decidedAtMs };
      this.addLedger({ ...row, resetAtMs: isReset ? decidedAtMs : 0 });
    }
    const hourMs = decidedAtMs - (decidedAtMs % HOUR_MS);
    for (const [resource, amount] of Object.entries(charged)) {
      if (amount > 0 && isSpent(resource, limits)) this.addHistory({ tenantId, resource, hourMs, amount });
    }
  }

  /** Hands over what was gathered; the buffer is empty then. */
  take(): UsageRows {
    const rows = { ledger: [...this.ledger.values()], history: [...this.history.values()] };
    this.ledger = new Map();
    this.history = new Map();
    return rows;
  }

  /** Takes back rows that could not be written. */
  giveBack({ ledger, history }: UsageRows): void {
    for (const row of ledger) this.addLedger(row);
    for (const row of history) this.addHistory(row);
  }

  private addLedger(row: LedgerRow): void {
    const key = `${row.limitId} ${row.windowEndMs} ${row.tenantId}`;
    const known = this.ledger.get(key);
    this.ledger.set(key, known ? merged(known, row) : row);
  }

  private addHistory(row: HistoryRow): void {
    const key = `${row.hourMs} ${row.resource} ${row.tenantId}`;
    const amount = row.amount + (this.history.get(key)?.amount ?? 0);
    this.history.set(key, { ...row, amount });
  }
}

/** The same rule as the ledger's own: a use never moves backwards within its window, except by a reset. */
function merged(known: LedgerRow, row: LedgerRow): LedgerRow {
  const [older, newer] = row.decidedAtMs >= known.decidedAtMs ? [known, row] : [row, known];
  const resetAtMs = Math.max(older.resetAtMs, newer.resetAtMs);
  const isGone = older.decidedAtMs < resetAtMs;
  const used = isGone || newer.windowEndMs === 0 ? newer.used : Math.max(older.used, newer.used);
  return { ...newer, used, resetAtMs };
}

/** What only stands in an answer says nothing new: of a level, it may be what an older memory of Redis says. */
function hasMoved(
  { kind, resource, used }: LimitState,
  charged: UsageEvent['charged'],
  verb: string,
): boolean {
  if (kind !== 'level') return used > 0;
  return verb === 'adjust' || (charged[resource] ?? 0) > 0;
}

/** A level is a state and slots are given back: only what a window or a bucket counts has a history. */
function isSpent(resource: string, limits: readonly LimitState[]): boolean {
  return limits.some((limit) => limit.resource === resource && ['window', 'bucket'].includes(limit.kind));
}
