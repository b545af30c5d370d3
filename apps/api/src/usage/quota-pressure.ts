import { Injectable } from '@nestjs/common';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { UsageWriter } from './usage-writer.js';

export interface PressureRequest {
  /** Least used part of a limit that counts, 0 to 1. */
  readonly above: number;
  /** Most entries. */
  readonly limit: number;
  /** Only this limit, by name. Default: all. */
  readonly limitName?: string;
}

export interface OverRequest {
  readonly tier?: string;
  readonly tenantId?: string;
  /** Most entries. */
  readonly limit: number;
}

/** One limit of one tenant that is nearly, or wholly, used up. */
export interface Pressure {
  readonly tenantId: string;
  readonly tier: string;
  readonly limitName: string;
  readonly used: number;
  readonly limit: number;
  /** What was truly spent beyond `used`. */
  readonly overrun: number;
  /** used ÷ limit; above 1 where the limit was lowered or nothing is refused. */
  readonly ratio: number;
  readonly source: 'tier' | 'override';
  /** null for a level. */
  readonly resetsAt: Date | null;
}

type Row = Omit<Pressure, 'used' | 'limit' | 'overrun'> &
  Readonly<Record<'used' | 'limit' | 'overrun', bigint>>;

/** Who is over or close to it, worst first, from the ledger: one query, whatever the number of tenants, a second old. */
@Injectable()
export class QuotaPressure {
  constructor(
    private readonly prisma: PrismaService,
    private readonly writer: UsageWriter,
  ) {}

  async worst({ above, limit, limitName }: PressureRequest): Promise<Pressure[]> {
    await this.writer.flush();
    const chosen = Prisma.sql`ratio >= ${above} ${limitName ? Prisma.sql`AND "limitName" = ${limitName}` : Prisma.empty}`;
    return this.find(this.prisma, chosen, limit);
  }

  /** Who has used more than a limit allows, as the reader's transaction sees the limits. */
  async over(
    { tier, tenantId, limit }: OverRequest,
    tx: Pick<PrismaService, '$queryRaw'>,
  ): Promise<Pressure[]> {
    await this.writer.flush();
    const whose = tenantId === undefined ? Prisma.sql`tier = ${tier}` : Prisma.sql`"tenantId" = ${tenantId}`;
    return this.find(tx, Prisma.sql`used > "limit" AND ${whose}`, limit);
  }

  private async find(
    reader: Pick<PrismaService, '$queryRaw'>,
    chosen: Prisma.Sql,
    limit: number,
  ): Promise<Pressure[]> {
    // Of several overrides in force an emergency wins, then the one that started last, as in the decision itself. One made within this
    // transaction, by a node's clock, counts too.
    const rows = await reader.$queryRaw<Row[]>(Prisma.sql`
      SELECT * FROM (
        SELECT ledger.tenant_id AS "tenantId", tenants.tier_name AS tier, limits.name AS "limitName", ledger.used, ledger.overrun,
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
            AND starts_at <= clock_timestamp() + interval '1 s' AND (expires_at IS NULL OR expires_at > now())
          ORDER BY emergency DESC, starts_at DESC, id DESC LIMIT 1
        ) AS override ON true
        WHERE ledger.window_end > now() OR ledger.window_end = to_timestamp(0)
      ) AS pressure
      WHERE "limit" IS NOT NULL AND used > 0 AND ${chosen}
      ORDER BY ratio DESC, "tenantId", "limitName"
      LIMIT ${limit}`);
    return rows.map((row) => ({
      ...row,
      used: Number(row.used),
      limit: Number(row.limit),
      overrun: Number(row.overrun),
    }));
  }
}
