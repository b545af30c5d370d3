import type { Prisma } from 'fairshare/prisma';

export const OVERRIDE_STATES = ['scheduled', 'active', 'expired', 'revoked'] as const;
export type OverrideState = (typeof OVERRIDE_STATES)[number];

export function overrideState(
  row: { readonly startsAt: Date; readonly expiresAt: Date | null; readonly revokedAt: Date | null },
  now: Date,
): OverrideState {
  if (row.revokedAt) return 'revoked';
  if (row.expiresAt && row.expiresAt <= now) return 'expired';
  return row.startsAt > now ? 'scheduled' : 'active';
}

/** The same, as a condition on rows. `open`: active or scheduled. */
export function whereState(state: OverrideState | 'open' | 'all', now: Date): Prisma.OverrideWhereInput {
  const notOver = { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
  switch (state) {
    case 'all':
      return {};
    case 'revoked':
      return { revokedAt: { not: null } };
    case 'expired':
      return { revokedAt: null, expiresAt: { lte: now } };
    case 'scheduled':
      return { revokedAt: null, startsAt: { gt: now }, ...notOver };
    case 'active':
      return { revokedAt: null, startsAt: { lte: now }, ...notOver };
    case 'open':
      return { revokedAt: null, ...notOver };
  }
}
