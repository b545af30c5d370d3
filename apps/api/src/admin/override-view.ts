interface OverrideRow {
  readonly id: number;
  readonly tenantId: string;
  readonly value: bigint;
  readonly reason: string;
  readonly author: string;
  readonly startsAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
  readonly limit: { readonly name: string };
}

export type OverrideState = 'scheduled' | 'active' | 'expired' | 'revoked';

export function overrideState(
  row: Pick<OverrideRow, 'startsAt' | 'expiresAt' | 'revokedAt'>,
  now: Date,
): OverrideState {
  if (row.revokedAt) return 'revoked';
  if (row.expiresAt && row.expiresAt <= now) return 'expired';
  return row.startsAt > now ? 'scheduled' : 'active';
}

export function overrideView(row: OverrideRow, now = new Date()): Record<string, unknown> {
  return {
    id: row.id,
    tenant_id: row.tenantId,
    limit: row.limit.name,
    value: Number(row.value),
    reason: row.reason,
    author: row.author,
    state: overrideState(row, now),
    starts_at: row.startsAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  };
}
