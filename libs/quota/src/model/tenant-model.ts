import { capacityOf, KIND, kindCode, PERIOD_MS } from '../limits/limit-kinds.js';
import type { EffectiveLimit, LimitPeriod, LimitState, TenantLimits } from '../quota.types.js';

/** One amount that an open hold has set aside on one limit. */
export interface HoldEntry {
  readonly limitId: number;
  readonly kind: number;
  /** Charged, not released, when the lease ends. */
  readonly isCharged: boolean;
  amount: number;
  /** The window that was charged; of a bucket the time from which this amount leaks. */
  readonly mark: number;
}

export interface ModelHold {
  readonly operationId: string;
  deadlineMs: number;
  entries: HoldEntry[];
}

/** One limit's counter: a window's end and use, a bucket's time and level (units x period), a level's use. */
export interface ModelCounter {
  kind: number;
  mark: number;
  used: number;
}

/**
 * The state of one tenant as plainly as it can be said: `held` is no counter but the sum over the open holds. What the
 * packed scripts do is compared with this.
 */
export class TenantModel {
  counters = new Map<number, ModelCounter>();
  holds: ModelHold[] = [];

  clone(): TenantModel {
    const copy = new TenantModel();
    for (const [id, counter] of this.counters) copy.counters.set(id, { ...counter });
    copy.holds = this.holds.map((hold) => ({
      ...hold,
      entries: hold.entries.map((entry) => ({ ...entry })),
    }));
    return copy;
  }

  /** Ends the leases that are over and starts the windows that have turned; true where a lease was ended. */
  advance(limits: TenantLimits, nowMs: number): boolean {
    const lapsed = this.holds
      .filter(({ deadlineMs }) => deadlineMs <= nowMs)
      .sort((left, right) => left.deadlineMs - right.deadlineMs);
    for (const hold of lapsed) {
      for (const entry of hold.entries) {
        this.end(limits, entry, entry.isCharged ? entry.amount : 0, hold.deadlineMs);
      }
    }
    this.holds = this.holds.filter((hold) => !lapsed.includes(hold));
    for (const limit of limits.limits) this.#turn(limit, nowMs);
    return lapsed.length > 0;
  }

  counter(limit: EffectiveLimit): ModelCounter {
    const { id } = limit.definition;
    const kind = kindCode(limit.definition);
    let counter = this.counters.get(id);
    if (counter?.kind !== kind) this.counters.set(id, (counter = { kind, mark: 0, used: 0 }));
    return counter;
  }

  heldOn(limit: EffectiveLimit): number {
    const { kind, mark } = this.counter(limit);
    if (kind === KIND.bucket) return 0;
    let held = 0;
    for (const { entries } of this.holds) {
      for (const entry of entries) {
        if (entry.limitId === limit.definition.id && entry.kind === kind && entry.mark === mark)
          held += entry.amount;
      }
    }
    return held;
  }

  fits(limit: EffectiveLimit, cost: number): boolean {
    const { kind, used } = this.counter(limit);
    const capacity = capacityOf(limit);
    if (kind === KIND.bucket) return cost <= capacity && used <= (capacity - cost) * periodOf(limit);
    return used + this.heldOn(limit) + cost <= capacity;
  }

  charge(limit: EffectiveLimit, units: number): void {
    const counter = this.counter(limit);
    if (counter.kind !== KIND.concurrency)
      counter.used += units * (counter.kind === KIND.bucket ? periodOf(limit) : 1);
  }

  /** Sets units aside; the answer is the entry of the hold. */
  setAside(limit: EffectiveLimit, amount: number): HoldEntry {
    const counter = this.counter(limit);
    const { definition } = limit;
    let { mark } = counter;
    if (counter.kind === KIND.bucket) {
      if (limit.value > 0) mark += Math.floor(counter.used / limit.value);
      counter.used += amount * periodOf(limit);
    }
    const isCharged = definition.onHoldExpiry === 'charge' && counter.kind !== KIND.concurrency;
    return { limitId: definition.id, kind: counter.kind, isCharged, amount, mark };
  }

  /** Ends one entry of a hold that is taken off `holds` by the caller: `units` of it are charged as of a time. */
  end(limits: TenantLimits, entry: HoldEntry, units: number, atMs: number): void {
    const counter = this.counters.get(entry.limitId);
    if (counter?.kind !== entry.kind) return;
    if (entry.kind === KIND.bucket) {
      const limit = limits.limits.find(({ definition }) => definition.id === entry.limitId);
      if (!limit || units >= entry.amount) return;
      leak(counter, limit, atMs);
      const left = entry.amount * periodOf(limit) - Math.max(0, atMs - entry.mark) * limit.value;
      counter.used = Math.max(
        0,
        counter.used - Math.max(0, Math.min(left, (entry.amount - units) * periodOf(limit))),
      );
    } else if (entry.kind !== KIND.concurrency && counter.mark === entry.mark) {
      counter.used += units;
    }
  }

  state(limit: EffectiveLimit): LimitState {
    const { definition, source, overrideId } = limit;
    const counter = this.counter(limit);
    const capacity = capacityOf(limit);
    const period = periodOf(limit);
    const isBucket = counter.kind === KIND.bucket;
    const used = isBucket ? Math.ceil(counter.used / period) : counter.used;
    const held = this.heldOn(limit);
    const { id, name, resource, kind } = definition;
    return {
      id,
      name,
      resource,
      kind,
      period: definition.period,
      limit: capacity,
      rate: isBucket ? limit.value : undefined,
      used,
      held,
      remaining: Math.max(0, capacity - used - held),
      resetsAtMs: kind === 'window' ? counter.mark : isBucket ? emptyAt(counter, limit) : null,
      source,
      overrideId,
    };
  }

  #turn(limit: EffectiveLimit, nowMs: number): void {
    const counter = this.counter(limit);
    if (counter.kind === KIND.bucket) leak(counter, limit, nowMs);
    else if (limit.definition.kind === 'window' && counter.mark <= nowMs) {
      counter.mark = windowEnd(limit.definition.period!, nowMs);
      counter.used = 0;
    }
  }
}

/** End of the calendar window, UTC, that holds a time; exclusive. */
export function windowEnd(period: LimitPeriod, nowMs: number): number {
  if (period !== 'month') return Math.floor(nowMs / PERIOD_MS[period] + 1) * PERIOD_MS[period];
  const date = new Date(nowMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

export function periodOf(limit: EffectiveLimit): number {
  return limit.definition.period ? PERIOD_MS[limit.definition.period] : 0;
}

function leak(counter: ModelCounter, limit: EffectiveLimit, toMs: number): void {
  if (toMs <= counter.mark) return;
  counter.used = Math.max(0, counter.used - (toMs - counter.mark) * limit.value);
  counter.mark = toMs;
}

function emptyAt(counter: ModelCounter, limit: EffectiveLimit): number | null {
  return counter.used > 0 && limit.value > 0 ? counter.mark + Math.ceil(counter.used / limit.value) : null;
}
