import { Injectable } from '@nestjs/common';
import {
  type LimitState,
  type Overrun,
  type UsageEvent,
  type UsageRecorder,
  windowEndOf,
} from 'fairshare/quota';

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
  /** True cost beyond the limit that `used` does not have, since the last write. */
  readonly overrun: number;
}

/** Units of one resource that a tenant spent within one hour. */
export interface HistoryRow {
  readonly tenantId: string;
  readonly resource: string;
  /** Start of the hour, ms since the epoch. */
  readonly hourMs: number;
  /** What was truly spent. */
  readonly amount: number;
  /** Part of it that a limit could not take. */
  readonly overrun: number;
}

export interface UsageRows {
  readonly ledger: readonly LedgerRow[];
  readonly history: readonly HistoryRow[];
}

/** By tenant, then by limit and window. */
type TenantRows = Map<string, Map<string, LedgerRow>>;

/**
 * What was used since the last write, gathered in memory: one ledger row for each limit's window, one history row for
 * each hour, whatever the rate of requests. Its size is bounded by tenants × limits (× hours that PostgreSQL is away).
 */
@Injectable()
export class UsageBuffer implements UsageRecorder {
  private ledger: TenantRows = new Map();
  /** Handed over, and not known to be written. */
  private underWay: TenantRows = new Map();
  private history = new Map<string, HistoryRow>();

  recorded({ tenantId, verb, limits, charged, overruns, decidedAtMs }: UsageEvent): void {
    const isReset = verb === 'reset';
    for (const limit of limits) {
      const windowEndMs = windowEndOf(limit);
      if (windowEndMs === undefined) continue;
      const overrun = overruns.length > 0 ? overrunOf(limit, overruns) : 0;
      if (!(isReset || overrun > 0 || hasMoved(limit, charged, verb))) continue;
      const row = { tenantId, limitId: limit.id, windowEndMs, used: limit.used, decidedAtMs, overrun };
      this.addLedger({ ...row, resetAtMs: isReset ? decidedAtMs : 0 });
    }
    const hourMs = decidedAtMs - (decidedAtMs % HOUR_MS);
    for (const [resource, amount] of Object.entries(charged)) {
      if (amount === 0 || !isSpent(resource, limits)) continue;
      const overrun = overruns.length > 0 ? mostOverrun(resource, limits, overruns) : 0;
      this.addHistory({ tenantId, resource, hourMs, amount, overrun });
    }
  }

  /** Hands over what was gathered, to be written; then comes `written` or `giveBack`, before it is called again. */
  take(): UsageRows {
    const ledger = [...this.ledger.values()].flatMap((rows) => [...rows.values()]);
    const rows = { ledger, history: [...this.history.values()] };
    this.underWay = this.ledger;
    this.ledger = new Map();
    this.history = new Map();
    return rows;
  }

  /** What was handed over is in PostgreSQL. */
  written(): void {
    this.underWay = new Map();
  }

  /** Takes back rows that could not be written. */
  giveBack({ ledger, history }: UsageRows): void {
    this.underWay = new Map();
    for (const row of ledger) this.addLedger(row);
    for (const row of history) this.addHistory(row);
  }

  /** Ledger rows of a tenant that are not known to be written; two of one window are to be merged. */
  unwritten(tenantId: string): LedgerRow[] {
    return [this.underWay, this.ledger].flatMap((rows) => [...(rows.get(tenantId)?.values() ?? [])]);
  }

  private addLedger(row: LedgerRow): void {
    let rows = this.ledger.get(row.tenantId);
    if (!rows) this.ledger.set(row.tenantId, (rows = new Map<string, LedgerRow>()));
    mergeInto(rows, row);
  }

  private addHistory(row: HistoryRow): void {
    const key = `${row.hourMs} ${row.resource} ${row.tenantId}`;
    const known = this.history.get(key);
    const amount = row.amount + (known?.amount ?? 0);
    this.history.set(key, { ...row, amount, overrun: row.overrun + (known?.overrun ?? 0) });
  }
}

/** Adds a row to those of its tenant. */
export function mergeInto(rows: Map<string, LedgerRow>, row: LedgerRow): void {
  const key = `${row.limitId} ${row.windowEndMs}`;
  const known = rows.get(key);
  rows.set(key, known ? merged(known, row) : row);
}

/** The same rule as the ledger's own: a use never moves backwards within its window, except by a reset. */
function merged(known: LedgerRow, row: LedgerRow): LedgerRow {
  const [older, newer] = row.decidedAtMs >= known.decidedAtMs ? [known, row] : [row, known];
  const resetAtMs = Math.max(older.resetAtMs, newer.resetAtMs);
  const isGone = older.decidedAtMs < resetAtMs;
  const used = isGone || newer.windowEndMs === 0 ? newer.used : Math.max(older.used, newer.used);
  const overrun = isGone ? newer.overrun : older.overrun + newer.overrun;
  return { ...newer, used, resetAtMs, overrun };
}

function overrunOf({ name }: LimitState, overruns: readonly Overrun[]): number {
  return overruns.find((overrun) => overrun.name === name)?.amount ?? 0;
}

function mostOverrun(resource: string, limits: readonly LimitState[], overruns: readonly Overrun[]): number {
  const ofResource = limits.filter((limit) => limit.resource === resource);
  return Math.max(0, ...ofResource.map((limit) => overrunOf(limit, overruns)));
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
