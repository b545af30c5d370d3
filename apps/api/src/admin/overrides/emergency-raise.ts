import type { Prisma } from 'fairshare/prisma';
import { createOverride, type OverrideRow, SHOWN_OF_OVERRIDE } from './override-rows.js';
import { whereState } from './override-state.js';
import { overrideViews } from './override-views.js';
import type { OverrideDto } from './overrides.dto.js';
import type { QuotaUpdateDto } from './quota-update.dto.js';

interface Raised {
  readonly made: OverrideDto[];
  /** Earlier emergency raises of the same limits, revoked by this one. */
  readonly replaced: OverrideDto[];
}

/** Sets limits of a tenant in an emergency: one raise for each tenant and limit. The tenant must be locked. */
export async function raiseInEmergency(
  tx: Prisma.TransactionClient,
  { tenant_id: tenantId, limits = {}, reason = 'Emergency change', expires_at }: QuotaUpdateDto,
  author: string,
): Promise<Raised> {
  const replaced = await revokeEarlier(tx, tenantId, Object.keys(limits));
  const made: OverrideRow[] = [];
  for (const [limit, value] of Object.entries(limits)) {
    made.push(
      await createOverride(tx, { tenantId, author, emergency: true }, { limit, value, reason, expires_at }),
    );
  }
  return { made: await overrideViews(tx, made), replaced };
}

async function revokeEarlier(
  tx: Prisma.TransactionClient,
  tenantId: string,
  limits: string[],
): Promise<OverrideDto[]> {
  const where = {
    tenantId,
    emergency: true,
    limit: { name: { in: limits } },
    ...whereState('open', new Date()),
  };
  const earlier = await tx.override.findMany({ where, select: SHOWN_OF_OVERRIDE });
  const views = await overrideViews(tx, earlier);
  await tx.override.updateMany({
    where: { id: { in: earlier.map(({ id }) => id) } },
    data: { revokedAt: new Date(), version: { increment: 1 } },
  });
  return views;
}
