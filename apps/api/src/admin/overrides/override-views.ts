import type { Prisma } from 'fairshare/prisma';
import { winsOver } from 'fairshare/quota';
import type { ShownOverride } from './override-rows.js';
import { overrideState, whereState } from './override-state.js';
import type { OverrideDto } from './overrides.dto.js';

type Reader = Pick<Prisma.TransactionClient, 'override'>;
type Rival = Pick<Prisma.OverrideModel, keyof typeof RIVAL>;

/** What decides which of two overrides of a limit is in force. */
const RIVAL = {
  id: true,
  tenantId: true,
  limitId: true,
  startsAt: true,
  expiresAt: true,
  emergency: true,
} as const satisfies Prisma.OverrideSelect;

/** Overrides as the API shows them, each with whether it is in force, or which one is in its place. */
export async function overrideViews(reader: Reader, rows: readonly ShownOverride[]): Promise<OverrideDto[]> {
  const now = new Date();
  const rivals = await reader.override.findMany({
    select: RIVAL,
    where: {
      tenantId: { in: [...new Set(rows.map(({ tenantId }) => tenantId))] },
      limitId: { in: [...new Set(rows.map(({ limitId }) => limitId))] },
      ...whereState('open', now),
    },
  });
  return rows.map((row) => view(row, rivals, now));
}

export async function overrideView(reader: Reader, row: ShownOverride): Promise<OverrideDto> {
  return (await overrideViews(reader, [row]))[0]!;
}

function view(row: ShownOverride, rivals: readonly Rival[], now: Date): OverrideDto {
  const state = overrideState(row, now);
  const isOpen = state === 'active' || state === 'scheduled';
  const first = isOpen ? firstAt(row, rivals, now) : undefined;
  return {
    id: row.id,
    tenant_id: row.tenantId,
    limit: row.limit.name,
    value: Number(row.value),
    burst: row.burst === null ? null : Number(row.burst),
    reason: row.reason,
    author: row.author,
    state,
    emergency: row.emergency,
    in_force: state === 'active' && first?.id === row.id,
    overruled_by: first && first.id !== row.id ? first.id : null,
    take_back: isOpen
      ? `DELETE /admin/tenants/${encodeURIComponent(row.tenantId)}/overrides/${row.id}`
      : null,
    starts_at: row.startsAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  };
}

/** Which override decides the row's limit now, or when the row starts. */
function firstAt(row: ShownOverride, rivals: readonly Rival[], now: Date): Rival | undefined {
  const at = row.startsAt > now ? row.startsAt : now;
  return rivals
    .filter(({ tenantId, limitId }) => tenantId === row.tenantId && limitId === row.limitId)
    .filter(({ startsAt, expiresAt }) => startsAt <= at && (!expiresAt || expiresAt > at))
    .reduce<Rival | undefined>((best, next) => (best && !wins(next, best) ? best : next), undefined);
}

function wins(left: Rival, right: Rival): boolean {
  return winsOver(claimOf(left), claimOf(right));
}

function claimOf({ id, startsAt, emergency }: Rival) {
  return { id, startsAtMs: startsAt.getTime(), isEmergency: emergency };
}
