import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { UsageWriter } from './usage-writer.js';

export interface PressureRequest {
  /** Least used part of a limit that counts, 0 to 1. */
  readonly above: number;
  /** Most entries. */
  readonly limit: number;
  /** Only this limit, by name. Default: all. */
  readonly limitName?: string;
}

/** One limit of one tenant that is nearly, or wholly, used up. */
export interface Pressure {
  readonly tenantId: string;
  readonly tier: string;
  readonly limitName: string;
  readonly used: number;
  readonly limit: number;
  /** used ÷ limit; above 1 where the limit was lowered or nothing is refused. */
  readonly ratio: number;
  readonly source: 'tier' | 'override';
  /** null for a level. */
  readonly resetsAt: Date | null;
}

type Row = Omit<Pressure, 'used' | 'limit'> & { readonly used: bigint; readonly limit: bigint };

/** Who is over or close to it, worst first, from the ledger: one query, whatever the number of tenants, a second old. */
@Injectable()
export class QuotaPressure {
  constructor(
    private readonly prisma: PrismaService,
    private readonly writer: UsageWriter,
  ) {}

  async worst({ above, limit, limitName }: PressureRequest): Promise<Pressure[]> {
    await this.writer.flush();
    // Of several overrides in force the one that started last wins, as in the decision itself.
    const rows = await this.prisma.$queryRaw<Row[]>`
      SELECT * FROM (
        SELECT ledger.tenant_id AS "tenantId", tenants.tier_name AS tier, limits.name AS "limitName", ledger.used,
          COALESCE(override.value, tier.value) AS limit,
          ledger.used::float8 / GREATEST(COALESCE(override.value, tier.value), 1) AS ratio,
          CASE WHEN override.id IS NULL THEN 'tier' ELSE 'override' END AS source,
          NULLIF(ledger.window_end, to_timestamp(0)) AS "resetsAt"
        FROM usage_ledger AS ledger
        JOIN tenants ON tenants.id = ledger.tenant_id
        JOIN limit_definitions AS limits ON limits.id = ledger.limit_id
        LEFT JOIN tier_limits AS tier ON tier.tier_name = tenants.tier_name AND tier.limit_id = ledger.limit_id
        LEFT JOIN LATERAL (
          SELECT id, value FROM overrides
          WHERE tenant_id = ledger.tenant_id AND limit_id = ledger.limit_id AND revoked_at IS NULL
            AND starts_at <= now() AND (expires_at IS NULL OR expires_at > now())
          ORDER BY starts_at DESC, id DESC LIMIT 1
        ) AS override ON true
        WHERE (ledger.window_end > now() OR ledger.window_end = to_timestamp(0))
          AND (${limitName ?? null}::text IS NULL OR limits.name = ${limitName ?? null})
      ) AS pressure
      WHERE ratio >= ${above} AND "limit" IS NOT NULL AND used > 0
      ORDER BY ratio DESC, "tenantId", "limitName"
      LIMIT ${limit}`;
    return rows.map((row) => ({ ...row, used: Number(row.used), limit: Number(row.limit) }));
  }
}
