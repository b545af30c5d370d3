import { Injectable } from '@nestjs/common';
import { BackgroundPrisma } from 'fairshare/prisma';
import { type Cost, type DoneOperation, parseOperationId, parseTenantId } from 'fairshare/quota';

/** Charges that one node takes at once. */
const AT_ONCE = 100;
/** After a try it is due again after the first pause, and a second more for each try, up to the most. In seconds. */
const FIRST_PAUSE = 2;
const MOST_PAUSE = 30;

/** The rows of charges that are due and not made yet. */
@Injectable()
export class PendingCharges {
  constructor(private readonly prisma: BackgroundPrisma) {}

  async add(operations: readonly DoneOperation[]): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO pending_charges (tenant_id, operation_id, cost, due_at)
      SELECT tenant_id, operation_id, cost::jsonb, now()
      FROM unnest(
        ${operations.map(({ tenantId }) => tenantId as string)}::text[],
        ${operations.map(({ operationId }) => operationId as string)}::text[],
        ${operations.map(({ cost }) => JSON.stringify(cost))}::text[]
      ) AS row (tenant_id, operation_id, cost)
      ON CONFLICT (tenant_id, operation_id) DO NOTHING`;
  }

  /** Those that are due, the oldest first. For a while they are this node's. */
  async take(): Promise<DoneOperation[]> {
    const rows = await this.prisma.$queryRaw<{ tenant_id: string; operation_id: string; cost: Cost }[]>`
      UPDATE pending_charges SET tries = tries + 1,
        due_at = now() + make_interval(secs => least(${MOST_PAUSE}::int, ${FIRST_PAUSE}::int + tries))
      WHERE (tenant_id, operation_id) IN (
        SELECT tenant_id, operation_id FROM pending_charges WHERE due_at <= now()
        ORDER BY due_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED)
      RETURNING tenant_id, operation_id, cost`;
    return rows.map((row) => ({
      tenantId: parseTenantId(row.tenant_id),
      operationId: parseOperationId(row.operation_id),
      cost: row.cost,
    }));
  }

  async remove(operations: readonly DoneOperation[]): Promise<void> {
    if (operations.length === 0) return;
    await this.prisma.$executeRaw`
      DELETE FROM pending_charges USING unnest(
        ${operations.map(({ tenantId }) => tenantId as string)}::text[],
        ${operations.map(({ operationId }) => operationId as string)}::text[]
      ) AS ended (tenant_id, operation_id)
      WHERE pending_charges.tenant_id = ended.tenant_id AND pending_charges.operation_id = ended.operation_id`;
  }

  /** How many there are, and the age of the oldest in seconds. */
  async standing(): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
    const [row] = await this.prisma.$queryRaw<{ count: number; oldest: number }[]>`
      SELECT count(*)::int AS count, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
      FROM pending_charges`;
    return { count: row!.count, oldestSeconds: row!.oldest };
  }
}
