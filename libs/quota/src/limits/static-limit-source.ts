import { closest } from '../closest.js';
import { QuotaConfigurationError } from '../quota.errors.js';
import type { LimitDefinition } from '../quota.types.js';
import { parseTenantId, type TenantId } from '../tenant-id.js';
import { checkLimit, MAX_LIMITS } from './limit-kinds.js';
import type { LimitSource, TenantLimitsSnapshot, TierLimitValue } from './limit-source.js';

export interface StaticLimits {
  /** Every limit there is. */
  readonly limits: readonly LimitDefinition[];
  /** By tier's name: the value of each limit, by the limit's name. A limit that a tier does not name is none for it. */
  readonly tiers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By tenant id: the name of its tier. */
  readonly tenants: Readonly<Record<string, string>>;
}

/**
 * Limits that are written in the code, for an application without PostgreSQL and for tests:
 *
 *     new StaticLimitSource({
 *       limits: [{ id: 1, name: 'searches_daily', resource: 'searches', kind: 'window', period: 'day' }],
 *       tiers: { free: { searches_daily: 3 } },
 *       tenants: { acme: 'free' },
 *     });
 *
 * Throws QuotaConfigurationError or InvalidTenantIdError that names what is wrong.
 */
export class StaticLimitSource implements LimitSource {
  readonly #limits: readonly LimitDefinition[];
  readonly #snapshots: ReadonlyMap<TenantId, TenantLimitsSnapshot>;

  constructor({ limits, tiers, tenants }: StaticLimits) {
    this.#limits = checkDefinitions(limits);
    const tierLimits = new Map(
      Object.entries(tiers).map(([tier, values]) => [tier, limitsOf(tier, values, limits)]),
    );
    this.#snapshots = new Map(
      Object.entries(tenants).map(([name, tier]) => {
        const tenantId = parseTenantId(name);
        return [tenantId, snapshot(tenantId, tier, tierLimits)];
      }),
    );
  }

  async load(tenantId: TenantId): Promise<TenantLimitsSnapshot | undefined> {
    return this.#snapshots.get(tenantId);
  }

  async catalogue(): Promise<readonly LimitDefinition[]> {
    return this.#limits;
  }
}

function checkDefinitions(limits: readonly LimitDefinition[]): readonly LimitDefinition[] {
  if (limits.length > MAX_LIMITS)
    throw new QuotaConfigurationError(`At most ${MAX_LIMITS} limits, got ${limits.length}`);
  for (const [at, { id, name }] of limits.entries()) {
    const other = limits.slice(0, at).find((limit) => limit.id === id || limit.name === name);
    if (!other) continue;
    throw new QuotaConfigurationError(`The limits "${other.name}" and "${name}" share their id or name`);
  }
  return limits;
}

function limitsOf(
  tier: string,
  values: Readonly<Record<string, number>>,
  limits: readonly LimitDefinition[],
): readonly TierLimitValue[] {
  const names = limits.map(({ name }) => name);
  return Object.entries(values).map(([name, value]) => {
    const definition = limits.find((limit) => limit.name === name);
    if (!definition) throw new QuotaConfigurationError(unknown(`The tier "${tier}"`, 'limit', name, names));
    checkLimit({ definition, value });
    return { definition, value };
  });
}

function snapshot(
  tenantId: TenantId,
  tier: string,
  tierLimits: ReadonlyMap<string, readonly TierLimitValue[]>,
): TenantLimitsSnapshot {
  const limits = tierLimits.get(tier);
  if (!limits) {
    const tiers = [...tierLimits.keys()];
    throw new QuotaConfigurationError(unknown(`The tenant "${tenantId}"`, 'tier', tier, tiers));
  }
  return {
    tenantId,
    tier,
    status: 'active',
    weight: 1,
    queueDepth: 100,
    overflow: 'reject',
    version: 1,
    tierLimits: limits,
    overrides: [],
  };
}

function unknown(who: string, noun: string, name: string, known: readonly string[]): string {
  const near = closest(name, known);
  const hint = near ? `; did you mean "${near}"?` : `; there are: ${known.join(', ') || 'none'}`;
  return `${who} names the ${noun} "${name}", which does not exist${hint}`;
}
