import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Prisma, BackgroundPrisma } from 'fairshare/prisma';
import { type HistoryRow, type LedgerRow, UsageBuffer, type UsageRows } from './usage-buffer.js';

/** How far the ledger and the history may lag behind, in ms. */
export const WRITE_EVERY_MS = 1_000;
const ROWS_PER_STATEMENT = 5_000;

/**
 * Writes what was used to PostgreSQL once a second, in one transaction: the ledger (counters return from it when Redis
 * loses its memory) and the history. What cannot be written now is written with the next turn; a commit whose answer
 * is lost may count in the history, and overruns, twice; what is used never.
 */
@Injectable()
export class UsageWriter implements OnApplicationShutdown {
  private readonly logger = new Logger('UsageWriter');
  private writing: Promise<void> = Promise.resolve();
  private isFailing = false;

  constructor(
    private readonly buffer: UsageBuffer,
    private readonly prisma: BackgroundPrisma,
  ) {}

  @Interval('usage-writer', WRITE_EVERY_MS)
  async writeDue(): Promise<void> {
    try {
      await this.flush();
      if (this.isFailing) this.logger.log('Use is written again');
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing)
        this.logger.warn(`Use is kept in memory until it can be written: ${String(error)}`);
      this.isFailing = true;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writeDue();
  }

  /** Writes everything that was used until now; rejects, and keeps it, where PostgreSQL is away. */
  flush(): Promise<void> {
    const turn = this.writing.then(() => this.write());
    this.writing = turn.catch(() => undefined);
    return turn;
  }

  private async write(): Promise<void> {
    const rows = this.buffer.take();
    if (rows.ledger.length === 0 && rows.history.length === 0) return;
    try {
      await this.prisma.$transaction(
        statementsOf(rows).map((statement) => this.prisma.$executeRaw(statement)),
      );
      this.buffer.written();
    } catch (error) {
      this.buffer.giveBack(rows);
      throw error;
    }
  }
}

function statementsOf({ ledger, history }: UsageRows): Prisma.Sql[] {
  return [...chunks(ledger).map(upsertLedger), ...chunks(history).map(addHistory)];
}

// Within a window a use never moves backwards: Redis may have come back with an older memory, and another node's row may
// come late. An operator's reset lowers it, and with it goes what was decided before. Rows are written in the order of their key, so that two nodes never wait for each other; a tenant or limit that was
// deleted meanwhile is left out.
function upsertLedger(rows: readonly LedgerRow[]): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO usage_ledger AS known (tenant_id, limit_id, window_end, used, updated_at, reset_at, overrun)
    SELECT tenant_id, limit_id, to_timestamp(window_end / 1000.0), used, to_timestamp(decided_at / 1000.0),
      to_timestamp(reset_at / 1000.0), overrun
    FROM unnest(
      ${rows.map(({ tenantId }) => tenantId)}::text[],
      ${rows.map(({ limitId }) => limitId)}::smallint[],
      ${rows.map(({ windowEndMs }) => windowEndMs)}::float8[],
      ${rows.map(({ used }) => String(used))}::bigint[],
      ${rows.map(({ decidedAtMs }) => decidedAtMs)}::float8[],
      ${rows.map(({ resetAtMs }) => resetAtMs)}::float8[],
      ${rows.map(({ overrun }) => String(overrun))}::bigint[]
    ) AS row (tenant_id, limit_id, window_end, used, decided_at, reset_at, overrun)
    WHERE tenant_id IN (SELECT id FROM tenants) AND limit_id IN (SELECT id FROM limit_definitions)
    ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, limit_id, window_end) DO UPDATE
    SET used = CASE
        WHEN EXCLUDED.reset_at > known.reset_at THEN EXCLUDED.used
        WHEN known.window_end > to_timestamp(0) OR EXCLUDED.updated_at = known.updated_at
          THEN GREATEST(known.used, EXCLUDED.used)
        WHEN EXCLUDED.updated_at > known.updated_at THEN EXCLUDED.used
        ELSE known.used
      END,
      updated_at = GREATEST(known.updated_at, EXCLUDED.updated_at),
      reset_at = GREATEST(known.reset_at, EXCLUDED.reset_at),
      overrun = EXCLUDED.overrun + CASE WHEN EXCLUDED.reset_at > known.reset_at THEN 0 ELSE known.overrun END
    WHERE EXCLUDED.updated_at >= known.reset_at`;
}

function addHistory(rows: readonly HistoryRow[]): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO usage_history AS known (tenant_id, resource, hour, amount, overrun)
    SELECT tenant_id, resource, to_timestamp(hour / 1000.0), amount, overrun
    FROM unnest(
      ${rows.map(({ tenantId }) => tenantId)}::text[],
      ${rows.map(({ resource }) => resource)}::text[],
      ${rows.map(({ hourMs }) => hourMs)}::float8[],
      ${rows.map(({ amount }) => String(amount))}::bigint[],
      ${rows.map(({ overrun }) => String(overrun))}::bigint[]
    ) AS row (tenant_id, resource, hour, amount, overrun)
    WHERE tenant_id IN (SELECT id FROM tenants)
    ORDER BY 1, 2, 3
    ON CONFLICT (tenant_id, resource, hour) DO UPDATE
    SET amount = known.amount + EXCLUDED.amount, overrun = known.overrun + EXCLUDED.overrun`;
}

function chunks<T>(rows: readonly T[]): (readonly T[])[] {
  const count = Math.ceil(rows.length / ROWS_PER_STATEMENT);
  return Array.from({ length: count }, (_, index) =>
    rows.slice(index * ROWS_PER_STATEMENT, (index + 1) * ROWS_PER_STATEMENT),
  );
}
