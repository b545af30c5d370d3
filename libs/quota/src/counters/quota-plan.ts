import { capacityOf, checkLimit, KIND, kindCode, MAX_LIMITS, PERIOD_MS } from '../limits/limit-kinds.js';
import { QuotaConfigurationError } from '../quota.errors.js';
import type { Cost, EffectiveLimit, TenantLimits } from '../quota.types.js';

const HEADER_BYTES = 34;
const BYTES_PER_LIMIT = 35;

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
    this.#template = Buffer.alloc(HEADER_BYTES + 1 + BYTES_PER_LIMIT * this.entries.length);
    this.#writeHeader(memoryMs);
    this.entries.forEach((entry, index) => this.#writeEntry(entry, index));
  }

  /** `absent` is the cost of a resource that `cost` does not name: 0, or -1 where the script knows better. */
  encode(cost: Cost | undefined, leaseMs = 0, absent: 0 | -1 = 0): Buffer {
    const bytes = Buffer.allocUnsafe(this.#template.length);
    this.#template.copy(bytes);
    bytes.writeDoubleLE(leaseMs, 2);
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
      bytes.writeDoubleLE(costOf(entry), HEADER_BYTES + index * 8);
    });
  }

  #writeHeader(memoryMs: number): void {
    const bytes = this.#template;
    bytes.writeUInt8(2, 0);
    bytes.writeUInt8(this.limits.overflow === 'observe' ? 1 : 0, 1);
    bytes.writeDoubleLE(memoryMs, 10);
    bytes.writeDoubleLE(this.limits.validFromMs, 18);
    bytes.writeDoubleLE(this.limits.validUntilMs, 26);
    bytes.writeUInt8(2 * this.entries.length, HEADER_BYTES + 16 * this.entries.length);
  }

  #writeEntry(entry: PlannedLimit, index: number): void {
    const bytes = this.#template;
    const count = this.entries.length;
    const { definition } = entry.limit;
    const costAt = HEADER_BYTES + index * 8;
    const shapeAt = HEADER_BYTES + count * 16 + 1;
    const restAt = shapeAt + count * 2;
    bytes.writeDoubleLE(entry.capacity, costAt + count * 8);
    bytes.writeUInt8(definition.id, shapeAt + index * 2);
    bytes.writeUInt8(entry.kind, shapeAt + index * 2 + 1);
    bytes.writeDoubleLE(entry.periodMs, restAt + index * 8);
    bytes.writeDoubleLE(entry.rate, restAt + (count + index) * 8);
    bytes.writeUInt8(definition.onHoldExpiry === 'charge' ? 1 : 0, restAt + count * 16 + index);
    const offsets = this.#offsets.get(definition.resource);
    if (offsets) offsets.push(costAt);
    else this.#offsets.set(definition.resource, [costAt]);
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
