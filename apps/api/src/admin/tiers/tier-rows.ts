import type { Prisma } from 'fairshare/prisma';
import { Problem } from '../../problems/problem.js';
import { knownLimit } from '../changes/known-names.js';
import type { ChangeTierDto, LimitValue, TierDto } from './tiers.dto.js';

export const SHOWN_OF_TIER = {
  name: true,
  weight: true,
  queueDepth: true,
  freeRequestsPerMinute: true,
  overflow: true,
  limits: {
    select: { value: true, burst: true, limit: { select: { name: true, kind: true } } },
    orderBy: { limitId: 'asc' },
  },
} as const satisfies Prisma.TierSelect;
/** For the ETag. */
const TAGGED = { ...SHOWN_OF_TIER, version: true } as const satisfies Prisma.TierSelect;

type ShownTier = Prisma.TierGetPayload<{ select: typeof SHOWN_OF_TIER }>;
export type TierRow = Prisma.TierGetPayload<{ select: typeof TAGGED }>;

/** The tier, locked until the end of the transaction; not_found where there is none. */
export async function lockedTier(tx: Prisma.TransactionClient, name: string): Promise<TierRow> {
  await tx.$queryRaw`SELECT 1 FROM tiers WHERE name = ${name} FOR UPDATE`;
  return readTier(tx, name);
}

export async function readTier(tx: Pick<Prisma.TransactionClient, 'tier'>, name: string): Promise<TierRow> {
  const row = await tx.tier.findUnique({ where: { name }, select: TAGGED });
  if (!row) throw new Problem('not_found', `No tier is named ${JSON.stringify(name)}.`);
  return row;
}

export function tierView({
  name,
  weight,
  queueDepth,
  freeRequestsPerMinute,
  overflow,
  limits,
}: ShownTier): TierDto {
  const view = ({ limit, value, burst }: ShownTier['limits'][number]): LimitValue =>
    limit.kind === 'bucket'
      ? { value: Number(value), burst: burst === null ? null : Number(burst) }
      : Number(value);
  return {
    name,
    weight,
    queue_depth: queueDepth,
    free_requests_per_minute: freeRequestsPerMinute,
    overflow,
    limits: Object.fromEntries(limits.map((row) => [row.limit.name, view(row)])),
  };
}

/** Sets, or with null takes away, the limits that are named. */
export async function writeLimits(
  tx: Prisma.TransactionClient,
  tierName: string,
  limits: NonNullable<ChangeTierDto['limits']>,
): Promise<void> {
  for (const [name, given] of Object.entries(limits)) {
    const definition = await knownLimit(tx, name);
    const key = { tierName, limitId: definition.id };
    if (given === null) {
      await tx.tierLimit.deleteMany({ where: key });
      continue;
    }
    const values = valuesOf(name, definition.kind, given);
    await tx.tierLimit.upsert({
      where: { tierName_limitId: key },
      create: { ...key, ...values },
      update: values,
    });
  }
}

/** Value and burst, as the database takes them; refuses what is no such thing, naming the field. */
export function valuesOf(
  name: string,
  kind: string,
  given: LimitValue,
): { value: number; burst: number | null } {
  const { value, burst = null } = typeof given === 'number' ? { value: given } : given;
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Problem('invalid_request', `limits.${name} must be an integer from 0 to 2^53-1.`);
  }
  if (burst !== null && kind !== 'bucket') {
    throw new Problem('invalid_request', `limits.${name} is no bucket: it has no burst.`);
  }
  if (burst !== null && (!Number.isSafeInteger(burst) || burst < 1)) {
    throw new Problem('invalid_request', `limits.${name}.burst must be an integer from 1 to 2^53-1.`);
  }
  return { value, burst };
}
