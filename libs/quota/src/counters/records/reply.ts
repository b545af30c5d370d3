import { luaNames } from 'fairshare/redis';
import { KIND } from '../../limits/limit-kinds.js';
import type { LimitState, Overrun, Violation } from '../../quota.types.js';
import { defineColumns } from './columns.js';
import { COUNTERS } from './counters.js';
import type { PlannedLimit, QuotaPlan } from './plan.js';

/** First byte of an answer (counters/records/reply.lua); 9 and more never come. */
export const STATUS = luaNames('status', {
  denied: 0,
  held: 1,
  cold: 2,
  stale: 3,
  spent: 4,
  settled: 5,
  cancelled: 6,
  expired: 7,
  unknown: 8,
});

const BIT = luaNames('reply bit', { repeated: 1, hasRetries: 2, hasCharges: 4, hasMoved: 8 });

const HEAD = defineColumns('reply', {
  status: 'B',
  bits: 'B',
  now: 'd',
  deadline: 'd',
  retries: 'd*',
  charges: 'dd*',
  moved: 'd*',
  counters: '',
});

const NOW_AT = HEAD.at('now', 0);
const DEADLINE_AT = HEAD.at('deadline', 0);
const HEAD_BYTES = HEAD.at('retries', 0);
const USED_AT = COUNTERS.at('used', 0);
const COUNTERS_BYTES = COUNTERS.bytes(0);
const SLOT_BYTES = COUNTERS.bytes(1) - COUNTERS_BYTES;
const OPEN_TO_HELD = COUNTERS.at('held', 0) - COUNTERS.at('open', 0);

/** An answer of a script, read where it is asked for. */
export class QuotaReply {
  readonly status: number;
  readonly isRepeated: boolean;
  readonly nowMs: number;
  readonly deadlineMs: number;
  readonly #bits: number;
  readonly #openAt: number;
  readonly #usedAt: number;
  readonly #heldAt: number;
  readonly #marksAt: number;

  constructor(
    readonly bytes: Buffer,
    private readonly plan: QuotaPlan,
  ) {
    this.status = bytes[0]!;
    this.#bits = bytes[1]!;
    this.isRepeated = (this.#bits & BIT.repeated) !== 0;
    this.nowMs = bytes.readDoubleLE(NOW_AT);
    this.deadlineMs = bytes.readDoubleLE(DEADLINE_AT);
    const count = plan.entries.length;
    const section = (this.#bits & BIT.hasRetries ? 8 : 0) + (this.#bits & BIT.hasCharges ? 16 : 0);
    const movedAt = HEAD_BYTES + section * count;
    const countersAt = this.#bits & BIT.hasMoved ? movedAt + count * 8 : movedAt;
    const slots = (bytes.length - countersAt - COUNTERS_BYTES) / SLOT_BYTES;
    this.#usedAt = this.#bits & BIT.hasMoved ? movedAt : countersAt + USED_AT;
    this.#openAt = countersAt + COUNTERS.at('open', slots);
    this.#heldAt = this.#openAt + OPEN_TO_HELD;
    this.#marksAt = bytes.length - slots * 8;
    if (!(slots >= count)) {
      throw new TypeError('A quota script answered fewer limits than it was asked for');
    }
  }

  get isDenied(): boolean {
    return this.status === STATUS.denied;
  }

  get openHolds(): number {
    return this.bytes.readUInt32LE(this.#openAt);
  }

  limits(): LimitState[] {
    const { entries } = this.plan;
    const states = new Array<LimitState>(entries.length);
    for (let index = 0; index < entries.length; index += 1)
      states[index] = this.#state(entries[index]!, index);
    return states;
  }

  /** One for each limit that the cost does not fit; `requested` tells the units asked of a limit. */
  violations(requested: (entry: PlannedLimit) => number, spread: (ms: number) => number): Violation[] {
    if (!(this.#bits & BIT.hasRetries)) return [];
    const violations: Violation[] = [];
    this.plan.entries.forEach((entry, index) => {
      const at = this.bytes.readDoubleLE(HEAD_BYTES + index * 8);
      if (at === 0) return;
      const { name, resource, limit, used, held } = this.#state(entry, index);
      const retryAfterMs = at < 0 ? 'never' : spread(Math.max(1, at - this.nowMs));
      violations.push({ name, resource, limit, used, held, requested: requested(entry), retryAfterMs });
    });
    return violations;
  }

  charges(): { charged: Record<string, number>; overruns: Overrun[] } {
    const charged: Record<string, number> = {};
    const overruns: Overrun[] = [];
    if (!(this.#bits & BIT.hasCharges)) return { charged, overruns };
    this.plan.entries.forEach((entry, index) => {
      const at = HEAD_BYTES + index * 16;
      const units = this.bytes.readDoubleLE(at);
      const amount = this.bytes.readDoubleLE(at + 8);
      const { name } = entry.limit.definition;
      if (units > 0) charged[name] = units;
      if (amount > 0) overruns.push({ name, limit: entry.capacity, amount });
    });
    return { charged, overruns };
  }

  #state({ limit, kind, capacity, rate, periodMs }: PlannedLimit, index: number): LimitState {
    const mark = this.bytes.readDoubleLE(this.#marksAt + index * 8);
    const level = this.bytes.readDoubleLE(this.#usedAt + index * 8);
    const held = this.bytes.readDoubleLE(this.#heldAt + index * 8);
    const { definition } = limit;
    const isBucket = kind === KIND.bucket;
    let resetsAtMs: number | null = null;
    if (kind <= KIND.month) resetsAtMs = mark;
    else if (isBucket && level > 0 && rate > 0) resetsAtMs = mark + Math.ceil(level / rate);
    return {
      id: definition.id,
      name: definition.name,
      resource: definition.resource,
      kind: definition.kind,
      period: definition.period,
      limit: capacity,
      rate: isBucket ? rate : undefined,
      used: isBucket ? Math.ceil(level / periodMs) : level,
      held,
      remaining: Math.max(0, isBucket ? Math.floor(capacity - level / periodMs) : capacity - level - held),
      resetsAtMs,
      source: limit.source,
      overrideId: limit.overrideId,
    };
  }
}
