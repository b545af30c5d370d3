import { capacityOf, checkLimit, KIND, kindCode, MAX_LIMITS, PERIOD_MS } from '../limits/limit-kinds.js';
import { QuotaConfigurationError } from '../quota.errors.js';
import type { Cost, EffectiveLimit, TenantLimits } from '../quota.types.js';

const HEADER_BYTES = 35;
const ENTRY_BYTES = 35;
const COST_OFFSET = 27;

/** A limit with what deciding needs at hand. */
export interface PlannedLimit {
  readonly limit: EffectiveLimit;
  readonly kind: number;
  readonly capacity: number;
  readonly rate: number;
  readonly periodMs: number;
}

/** A tenant's limits in the form the scripts read (counters/shared/plan.lua); only the costs are filled in per call. */
export class QuotaPlan {
  readonly entries: readonly PlannedLimit[];
  readonly #template: Buffer;
  readonly #offsets = new Map<string, number[]>();

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
    this.#template = Buffer.alloc(HEADER_BYTES + ENTRY_BYTES * this.entries.length);
    this.#writeHeader(memoryMs);
    this.entries.forEach((entry, index) => this.#writeEntry(entry, index));
  }

  /** `absent` is the cost of a resource that `cost` does not name: 0, or -1 where the script knows better. */
  encode(cost: Cost | undefined, leaseMs = 0, absent: 0 | -1 = 0): Buffer {
    const bytes = Buffer.allocUnsafe(this.#template.length);
    this.#template.copy(bytes);
    bytes.writeDoubleLE(leaseMs, 3);
    if (absent) this.#fill(bytes, () => absent);
    for (const resource in cost) {
      const offsets = this.#offsets.get(resource);
      if (offsets) for (const offset of offsets) bytes.writeDoubleLE(cost[resource]!, offset);
    }
    return bytes;
  }

  /** With a number for each limit instead of each resource. */
  encodeEach(costOf: (entry: PlannedLimit) => number): Buffer {
    const bytes = Buffer.from(this.#template);
    this.#fill(bytes, costOf);
    return bytes;
  }

  #fill(bytes: Buffer, costOf: (entry: PlannedLimit) => number): void {
    this.entries.forEach((entry, index) => {
      bytes.writeDoubleLE(costOf(entry), HEADER_BYTES + index * ENTRY_BYTES + COST_OFFSET);
    });
  }

  #writeHeader(memoryMs: number): void {
    const bytes = this.#template;
    bytes.writeUInt8(1, 0);
    bytes.writeUInt8(this.limits.overflow === 'observe' ? 1 : 0, 1);
    bytes.writeUInt8(this.entries.length, 2);
    bytes.writeDoubleLE(memoryMs, 11);
    bytes.writeDoubleLE(this.limits.validFromMs, 19);
    bytes.writeDoubleLE(this.limits.validUntilMs, 27);
  }

  #writeEntry(entry: PlannedLimit, index: number): void {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    const { definition } = entry.limit;
    this.#template.writeUInt8(definition.id, at);
    this.#template.writeUInt8(entry.kind, at + 1);
    this.#template.writeUInt8(definition.onHoldExpiry === 'charge' ? 1 : 0, at + 2);
    this.#template.writeDoubleLE(entry.capacity, at + 3);
    this.#template.writeDoubleLE(entry.rate, at + 11);
    this.#template.writeDoubleLE(entry.periodMs, at + 19);
    const offsets = this.#offsets.get(definition.resource);
    if (offsets) offsets.push(at + COST_OFFSET);
    else this.#offsets.set(definition.resource, [at + COST_OFFSET]);
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
