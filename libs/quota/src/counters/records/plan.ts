import { luaNames } from 'fairshare/redis';
import { capacityOf, checkLimit, KIND, kindCode, MAX_LIMITS, PERIOD_MS } from '../../limits/limit-kinds.js';
import { QuotaConfigurationError } from '../../quota.errors.js';
import type { Cost, EffectiveLimit, TenantLimits } from '../../quota.types.js';
import { defineColumns } from './columns.js';

const NONE: readonly string[] = Object.freeze([]);
const NAMES = luaNames('plan', { planVersion: 2, observes: 1, lapseCharges: 1, maxLimits: MAX_LIMITS });

export const PLAN = defineColumns('plan', {
  version: 'B',
  flags: 'B',
  leaseMs: 'd',
  memoryMs: 'd',
  validFrom: 'd',
  validUntil: 'd',
  costs: 'd*',
  limits: 'd*',
  shapeSize: 'B',
  shape: 'BB*',
  periods: 'd*',
  rates: 'd*',
  lapses: 'B*',
});

const LEASE_AT = PLAN.at('leaseMs', 0);
const VALID_UNTIL_AT = PLAN.at('validUntil', 0);
const COSTS_AT = PLAN.at('costs', 0);

/** A limit with what deciding needs at hand. */
export interface PlannedLimit {
  readonly limit: EffectiveLimit;
  readonly kind: number;
  readonly capacity: number;
  readonly rate: number;
  readonly periodMs: number;
}

/** What a call asks of the limits. */
export interface Ask {
  /** Units of each resource. */
  readonly cost?: Cost;
  /** Units asked of each limit, instead of a cost. */
  readonly costOf?: (entry: PlannedLimit) => number;
  /** The cost of a resource that `cost` does not name; -1: the script knows better. Default 0. */
  readonly absent?: 0 | -1;
  /** Default 0. */
  readonly leaseMs?: number;
}

/** A tenant's limits in the form the scripts read (counters/records/plan.lua); only the costs are filled in per call. */
export class QuotaPlan {
  readonly entries: readonly PlannedLimit[];
  readonly #template: Buffer;
  readonly #places = new Map<string, number[]>();

  constructor(
    readonly limits: TenantLimits,
    memoryMs: number,
  ) {
    if (limits.limits.length > MAX_LIMITS) {
      throw new QuotaConfigurationError(
        `A tenant has at most ${MAX_LIMITS} limits, got ${limits.limits.length}`,
      );
    }
    this.entries = limits.limits.map(planned);
    this.#template = Buffer.alloc(PLAN.bytes(this.entries.length));
    this.#writeHeader(memoryMs);
    this.entries.forEach((entry, index) => this.#writeEntry(entry, index));
  }

  get byteLength(): number {
    return this.#template.length;
  }

  /** The resources of a cost that no limit of this tenant counts. */
  unlimitedIn(cost: Cost): readonly string[] {
    let unlimited: string[] | undefined;
    for (const resource in cost) if (!this.#places.has(resource)) (unlimited ??= []).push(resource);
    return unlimited ?? NONE;
  }

  /** `notAfterMs`: Redis time from which the script does nothing, and answers `stale`. Default: never. */
  encode(ask: Ask, notAfterMs = Infinity): Buffer {
    const bytes = Buffer.allocUnsafe(this.#template.length);
    this.write(ask, bytes, 0, notAfterMs);
    return bytes;
  }

  /** The same, into bytes that are there already. */
  write(
    { cost, leaseMs = 0, absent = 0, costOf }: Ask,
    bytes: Buffer,
    at: number,
    notAfterMs = Infinity,
  ): void {
    this.#template.copy(bytes, at);
    bytes.writeDoubleLE(leaseMs, at + LEASE_AT);
    if (notAfterMs < this.limits.validUntilMs) bytes.writeDoubleLE(notAfterMs, at + VALID_UNTIL_AT);
    const costsAt = at + COSTS_AT;
    if (absent || costOf) {
      this.entries.forEach((entry, index) =>
        bytes.writeDoubleLE(costOf ? costOf(entry) : absent, costsAt + index * 8),
      );
    }
    for (const resource in cost) {
      const places = this.#places.get(resource);
      if (places) for (const place of places) bytes.writeDoubleLE(cost[resource]!, costsAt + place * 8);
    }
  }

  #writeHeader(memoryMs: number): void {
    const bytes = this.#template;
    const count = this.entries.length;
    const { overflow, validFromMs, validUntilMs } = this.limits;
    bytes.writeUInt8(NAMES.planVersion, PLAN.at('version', count));
    bytes.writeUInt8(overflow === 'observe' ? NAMES.observes : 0, PLAN.at('flags', count));
    bytes.writeDoubleLE(memoryMs, PLAN.at('memoryMs', count));
    bytes.writeDoubleLE(validFromMs, PLAN.at('validFrom', count));
    bytes.writeDoubleLE(validUntilMs, PLAN.at('validUntil', count));
    bytes.writeUInt8(2 * count, PLAN.at('shapeSize', count));
  }

  #writeEntry(entry: PlannedLimit, index: number): void {
    const bytes = this.#template;
    const count = this.entries.length;
    const { definition } = entry.limit;
    const shapeAt = PLAN.at('shape', count) + index * 2;
    const lapse = definition.onHoldExpiry === 'charge' ? NAMES.lapseCharges : 0;
    bytes.writeDoubleLE(entry.capacity, PLAN.at('limits', count) + index * 8);
    bytes.writeUInt8(definition.id, shapeAt);
    bytes.writeUInt8(entry.kind, shapeAt + 1);
    bytes.writeDoubleLE(entry.periodMs, PLAN.at('periods', count) + index * 8);
    bytes.writeDoubleLE(entry.rate, PLAN.at('rates', count) + index * 8);
    bytes.writeUInt8(lapse, PLAN.at('lapses', count) + index);
    const places = this.#places.get(definition.resource);
    if (places) places.push(index);
    else this.#places.set(definition.resource, [index]);
  }
}

function planned(limit: EffectiveLimit): PlannedLimit {
  checkLimit(limit);
  const { definition } = limit;
  const kind = kindCode(definition);
  return {
    limit,
    kind,
    capacity: capacityOf(limit),
    rate: kind === KIND.bucket ? limit.value : 0,
    periodMs: definition.period && kind !== KIND.month ? PERIOD_MS[definition.period] : 0,
  };
}
