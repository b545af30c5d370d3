import type { PrismaClient } from 'fairshare/prisma';
import type { LimitDefinition } from '../quota.types.js';
import type { TenantId } from '../tenant-id.js';
import type { CataloguedLimit, LimitSource, TenantLimitsSnapshot } from './limit-source.js';

const TENANT = {
  tier: { include: { limits: { include: { limit: true } } } },
  overrides: { include: { limit: true } },
} as const;

/** Limits from PostgreSQL: the tier's, and every override that is neither revoked nor over. */
export class PrismaLimitSource implements LimitSource {
  constructor(private readonly prisma: Pick<PrismaClient, 'tenant' | 'limitDefinition'>) {}

  async load(tenantId: TenantId): Promise<TenantLimitsSnapshot | undefined> {
    // Ends are judged by Redis time, not here: what ended within a day is read too, whatever this node's clock says.
    const yesterday = new Date(Date.now() - 86_400_000);
    const row = await this.prisma.tenant.findUnique({
      where: { id: tenantId },
      include: {
        ...TENANT,
        overrides: {
          ...TENANT.overrides,
          where: { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: yesterday } }] },
        },
      },
    });
    if (!row) return undefined;
    const { tier } = row;
    // Both versions come from one sequence, so the greater one is the newer truth of the two together.
    const version = Number(row.version > tier.version ? row.version : tier.version);
    return {
      tenantId,
      tier: tier.name,
      status: row.status,
      weight: row.weight ?? tier.weight,
      queueDepth: tier.queueDepth,
      freeRequestsPerMinute: tier.freeRequestsPerMinute,
      overflow: tier.overflow,
      version,
      tierLimits: tier.limits.map(({ limit, value, burst }) => ({
        definition: definitionOf(limit),
        value: toAmount(value),
        burst: burst === null ? undefined : toAmount(burst),
      })),
      overrides: row.overrides.map(({ id, limit, value, burst, startsAt, expiresAt, emergency }) => ({
        id,
        definition: definitionOf(limit),
        value: toAmount(value),
        burst: burst === null ? undefined : toAmount(burst),
        startsAtMs: startsAt.getTime(),
        expiresAtMs: expiresAt?.getTime() ?? null,
        isEmergency: emergency,
      })),
    };
  }

  catalogue(): Promise<readonly CataloguedLimit[]> {
    return this.prisma.limitDefinition.findMany({
      select: { name: true, resource: true },
      orderBy: { id: 'asc' },
    });
  }
}

type LimitRow = Omit<LimitDefinition, 'period'> & { readonly period: LimitDefinition['period'] | null };

function definitionOf({ id, name, resource, kind, period, onHoldExpiry }: LimitRow): LimitDefinition {
  return { id, name, resource, kind, period: period ?? undefined, onHoldExpiry };
}

// The column is wider than what is counted exactly.
function toAmount(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);
}
