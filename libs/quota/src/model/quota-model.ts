import { capacityOf, KIND } from '../limits/limit-kinds.js';
import type { OperationId } from '../operation-id.js';
import type {
  Cost,
  Decision,
  EffectiveLimit,
  HoldGone,
  OperationOutcome,
  Overrun,
  QuotaStatus,
  Recorded,
  Settlement,
  TenantLimits,
  Violation,
} from '../quota.types.js';
import type { TenantId } from '../tenant-id.js';
import { earliestFit } from './earliest-fit.js';
import { type HoldEntry, periodOf, TenantModel } from './tenant-model.js';

interface Memory {
  outcome: OperationOutcome;
  /** Of an open hold, as it was last. */
  deadlineMs?: number;
  charged: Record<string, number>;
  overruns: Overrun[];
}

interface Turn {
  readonly limits: TenantLimits;
  readonly nowMs: number;
}

interface Named extends Turn {
  readonly operationId: OperationId;
}

/**
 * What every verb means, without Redis, packing or concurrency: the reference that the scripts are compared with, and the
 * engine of FakeQuota. Pure apart from its own state: time, limits and ids are given.
 */
export class QuotaModel {
  readonly #tenants = new Map<TenantId, TenantModel>();
  readonly #memories = new Map<string, Memory>();

  check(turn: Turn, cost: Cost, operationId: OperationId): Decision {
    const { state } = this.#begin(turn);
    const violations = this.#violations(
      turn,
      state,
      (limit) => costOf(limit, cost),
      () => true,
    );
    return this.#decision({ ...turn, operationId }, state, cost, violations, {
      outcome: 'spent',
      repeated: false,
    });
  }

  spend(turn: Named, cost: Cost, isNamed: boolean): Decision {
    const { state, commit } = this.#begin(turn);
    const earlier = isNamed && this.#memory(turn);
    if (earlier) return this.#repeat(turn, state, cost, earlier);
    const violations = this.#violations(turn, state, (limit) => costOf(limit, cost), isNoConcurrency);
    if (violations.length > 0 && !isObserving(turn)) return this.#decision(turn, state, cost, violations);
    for (const limit of turn.limits.limits) state.charge(limit, costOf(limit, cost));
    commit();
    if (isNamed) this.#remember(turn, 'spent');
    return this.#decision(turn, state, cost, violations, { outcome: 'spent', repeated: false });
  }

  reserve(turn: Named, cost: Cost, leaseMs: number): Decision {
    const { state, commit } = this.#begin(turn);
    const earlier = this.#memory(turn);
    if (earlier) return this.#repeat(turn, state, cost, earlier);
    const violations = this.#violations(
      turn,
      state,
      (limit) => costOf(limit, cost),
      () => true,
    );
    if (violations.length > 0 && !isObserving(turn)) return this.#decision(turn, state, cost, violations);
    const entries = turn.limits.limits
      .filter((limit) => costOf(limit, cost) > 0)
      .map((limit) => state.setAside(limit, costOf(limit, cost)));
    const deadlineMs = turn.nowMs + leaseMs;
    state.holds.push({ operationId: turn.operationId, deadlineMs, entries });
    commit();
    this.#remember(turn, 'held').deadlineMs = deadlineMs;
    return this.#decision(turn, state, cost, violations, { outcome: 'held', repeated: false, deadlineMs });
  }

  extend(turn: Named, cost: Cost | undefined, leaseMs: number): Decision | HoldGone {
    const { state, commit } = this.#begin(turn);
    const hold = state.holds.find(({ operationId }) => operationId === turn.operationId);
    if (!hold) {
      const outcome = this.#gone(turn);
      const { operationId } = turn;
      return {
        allowed: false,
        outcome,
        operationId,
        repeated: outcome !== 'unknown',
        ...answer(turn, state),
      };
    }
    const more = (limit: EffectiveLimit) => {
      const has = hold.entries.filter(({ limitId }) => limitId === limit.definition.id);
      return Math.max(0, costOf(limit, cost) - sum(has.map(({ amount }) => amount)));
    };
    const wanted = new Map(turn.limits.limits.map((limit) => [limit, more(limit)]));
    const violations = this.#violations(
      turn,
      state,
      (limit) => wanted.get(limit)!,
      () => true,
      cost,
    );
    if (violations.length > 0 && !isObserving(turn))
      return this.#decision(turn, state, cost ?? {}, violations);
    for (const [limit, amount] of wanted) {
      if (amount > 0) join(hold.entries, state.setAside(limit, amount));
    }
    const deadlineMs = (hold.deadlineMs = Math.max(hold.deadlineMs, turn.nowMs + leaseMs));
    this.#memory(turn)!.deadlineMs = deadlineMs;
    commit();
    return this.#decision(turn, state, cost ?? {}, violations, {
      outcome: 'held',
      repeated: false,
      deadlineMs,
    });
  }

  close(turn: Named, ending: 'settled' | 'cancelled', cost?: Cost): Settlement {
    const { state, commit } = this.#begin(turn);
    const { operationId } = turn;
    const hold = state.holds.find((open) => open.operationId === operationId);
    if (!hold) {
      const outcome = this.#gone(turn);
      const { charged, overruns } = recall(turn, this.#memory(turn));
      const repeated = outcome !== 'unknown';
      return { outcome, operationId, repeated, charged, overruns, ...answer(turn, state) };
    }
    state.holds = state.holds.filter((open) => open !== hold);
    const memory = this.#remember(turn, ending);
    const rest = new Map<number, number>();
    for (const { definition } of turn.limits.limits) {
      const named = cost?.[definition.resource];
      if (ending === 'settled' && named !== undefined) rest.set(definition.id, named);
    }
    for (const entry of hold.entries) {
      const asked = rest.get(entry.limitId);
      const units = ending === 'cancelled' ? 0 : Math.min(asked ?? entry.amount, entry.amount);
      if (asked !== undefined) rest.set(entry.limitId, asked - units);
      state.end(turn.limits, entry, units, turn.nowMs);
      const limit = turn.limits.limits.find(({ definition }) => definition.id === entry.limitId);
      if (limit && entry.kind !== KIND.concurrency) addTo(memory.charged, limit.definition.name, units);
    }
    for (const limit of turn.limits.limits) {
      const units = rest.get(limit.definition.id) ?? 0;
      if (units > 0) this.#chargeRest(turn, state, limit, units, hold.entries, memory);
    }
    sweepZeros(memory);
    commit();
    const { charged, overruns } = memory;
    return { outcome: ending, operationId, repeated: false, charged, overruns, ...answer(turn, state) };
  }

  record(turn: Named, cost: Cost, isNamed: boolean): Recorded {
    const { state, commit } = this.#begin(turn);
    const { operationId } = turn;
    const earlier = isNamed && this.#memory(turn);
    if (earlier) {
      const { charged, overruns } = recall(turn, earlier);
      return { operationId, repeated: true, charged, overruns, ...answer(turn, state) };
    }
    const memory: Memory = { outcome: 'spent', charged: {}, overruns: [] };
    for (const limit of turn.limits.limits) {
      const units = costOf(limit, cost);
      if (units === 0 || limit.definition.kind === 'concurrency') continue;
      const { used, held } = state.state(limit);
      const over = Math.max(0, Math.min(units, used + held + units - capacityOf(limit)));
      memory.charged[limit.definition.name] = units;
      if (over > 0)
        memory.overruns.push({ name: limit.definition.name, limit: capacityOf(limit), amount: over });
      state.charge(limit, units);
    }
    commit();
    if (isNamed) this.#memories.set(memoryKey(turn), memory);
    const { charged, overruns } = memory;
    return { operationId, repeated: false, charged, overruns, ...answer(turn, state) };
  }

  adjust(
    turn: Named,
    resource: string,
    change: { delta?: number; total?: number },
    isNamed: boolean,
  ): Decision {
    const { state, commit } = this.#begin(turn);
    const asked = { [resource]: change.total ?? Math.abs(change.delta ?? 0) };
    const earlier = isNamed && this.#memory(turn);
    if (earlier) return this.#repeat(turn, state, asked, earlier);
    const levels = turn.limits.limits.filter(
      ({ definition }) => definition.kind === 'level' && definition.resource === resource,
    );
    const target = (limit: EffectiveLimit) =>
      change.total ?? Math.max(0, state.counter(limit).used + (change.delta ?? 0));
    const rise = (limit: EffectiveLimit) =>
      levels.includes(limit) ? Math.max(0, target(limit) - state.counter(limit).used) : 0;
    const violations = this.#violations(turn, state, rise, isNoConcurrency, asked);
    if (violations.length > 0 && !isObserving(turn)) return this.#decision(turn, state, asked, violations);
    for (const limit of levels) state.counter(limit).used = target(limit);
    commit();
    if (isNamed) this.#remember(turn, 'spent');
    return this.#decision(turn, state, asked, violations, { outcome: 'spent', repeated: false });
  }

  status(turn: Turn): QuotaStatus {
    return this.#status(turn, this.#begin(turn).state);
  }

  reset(turn: Turn, names?: readonly string[]): QuotaStatus {
    const { state, commit } = this.#begin(turn);
    if (!names) {
      for (const counter of state.counters.values()) counter.used = 0;
      state.holds = [];
    }
    for (const limit of turn.limits.limits) {
      if (names?.includes(limit.definition.name)) state.counter(limit).used = 0;
    }
    commit();
    return this.#status(turn, state);
  }

  // A call that moves nothing leaves nothing behind, not even the turn of a window: the clock may go back.
  #begin({ limits, nowMs }: Turn): { state: TenantModel; commit: () => void } {
    const state = this.#tenants.get(limits.tenantId)?.clone() ?? new TenantModel();
    const commit = () => void this.#tenants.set(limits.tenantId, state);
    if (state.advance(limits, nowMs)) commit();
    return { state, commit };
  }

  #violations(
    turn: Turn,
    state: TenantModel,
    unitsOf: (limit: EffectiveLimit) => number,
    isAsked: (limit: EffectiveLimit) => boolean,
    requested?: Cost,
  ): Violation[] {
    return turn.limits.limits.flatMap((limit) => {
      const units = unitsOf(limit);
      if (units === 0 || !isAsked(limit) || state.fits(limit, units)) return [];
      const { name, resource, limit: most, used, held } = state.state(limit);
      const at = earliestFit(state, turn.limits, limit, units, turn.nowMs);
      const retryAfterMs = at === 'never' ? at : at - turn.nowMs;
      const asked = requested ? costOf(limit, requested) : units;
      return [{ name, resource, limit: most, used, held, requested: asked, retryAfterMs }];
    });
  }

  #chargeRest(
    turn: Turn,
    state: TenantModel,
    limit: EffectiveLimit,
    units: number,
    entries: readonly HoldEntry[],
    memory: Memory,
  ): void {
    const { id, name, kind } = limit.definition;
    if (kind === 'concurrency') return;
    const last = entries.findLast(({ limitId }) => limitId === id);
    if (kind === 'window' && last && last.mark !== state.counter(limit).mark) {
      return addTo(memory.charged, name, units);
    }
    const counter = state.counter(limit);
    const free =
      kind === 'bucket'
        ? Math.floor((capacityOf(limit) * periodOf(limit) - counter.used) / periodOf(limit))
        : capacityOf(limit) - counter.used - state.heldOn(limit);
    const room = Math.max(0, free);
    const charged = isObserving(turn) ? units : Math.min(units, room);
    state.charge(limit, charged);
    addTo(memory.charged, name, charged);
    if (units > room) memory.overruns.push({ name, limit: capacityOf(limit), amount: units - room });
  }

  #decision(
    turn: Named,
    state: TenantModel,
    cost: Cost,
    violations: Violation[],
    allowed?: { outcome: OperationOutcome; repeated: boolean; deadlineMs?: number },
  ): Decision {
    const { operationId } = turn;
    const counted = new Set(turn.limits.limits.map(({ definition }) => definition.resource));
    const unlimited = Object.keys(cost).filter((resource) => !counted.has(resource));
    if (!allowed || (violations.length > 0 && !isObserving(turn))) {
      const times = violations.map(({ retryAfterMs }) => retryAfterMs);
      const retryAfterMs = times.includes('never') ? 'never' : Math.max(...(times as number[]));
      const denial = { allowed: false, outcome: 'denied', operationId, repeated: false } as const;
      return { ...denial, violations, retryAfterMs, unlimited, ...answer(turn, state) };
    }
    const { outcome, repeated, deadlineMs } = allowed;
    const leaseExpiresAtMs = deadlineMs ?? null;
    const verdict = { allowed: true, outcome, operationId, repeated, leaseExpiresAtMs } as const;
    const wouldDeny = violations.map((violation) => {
      const limit = turn.limits.limits.find(({ definition }) => definition.name === violation.name)!;
      const { used, held } = state.state(limit);
      return { ...violation, used, held };
    });
    return { ...verdict, wouldDeny, unlimited, ...answer(turn, state) };
  }

  #repeat(turn: Named, state: TenantModel, cost: Cost, { outcome, deadlineMs }: Memory): Decision {
    const hold = state.holds.find(({ operationId }) => operationId === turn.operationId);
    return this.#decision(turn, state, cost, [], {
      outcome: outcome === 'held' && !hold ? 'expired' : outcome,
      repeated: true,
      deadlineMs,
    });
  }

  #memory(turn: Named): Memory | undefined {
    return this.#memories.get(memoryKey(turn));
  }

  #remember(turn: Named, outcome: OperationOutcome): Memory {
    const memory: Memory = { outcome, charged: {}, overruns: [] };
    this.#memories.set(memoryKey(turn), memory);
    return memory;
  }

  #gone(turn: Named): HoldGone['outcome'] {
    const memory = this.#memory(turn);
    if (!memory) return 'unknown';
    return memory.outcome === 'held' ? 'expired' : memory.outcome;
  }

  #status(turn: Turn, state: TenantModel): QuotaStatus {
    const { tenantId, tier, status, overflow } = turn.limits;
    return { tenantId, tier, status, overflow, openHolds: state.holds.length, ...answer(turn, state) };
  }
}

function answer(
  { limits, nowMs }: Turn,
  state: TenantModel,
): Pick<Decision, 'limits' | 'decidedAtMs' | 'mode'> {
  const mode = limits.overflow === 'observe' ? 'observe' : 'enforce';
  return { limits: limits.limits.map((limit) => state.state(limit)), decidedAtMs: nowMs, mode };
}

function costOf(limit: EffectiveLimit, cost: Cost | undefined): number {
  return cost?.[limit.definition.resource] ?? 0;
}

function isNoConcurrency(limit: EffectiveLimit): boolean {
  return limit.definition.kind !== 'concurrency';
}

function isObserving({ limits }: Turn): boolean {
  return limits.overflow === 'observe';
}

function memoryKey({ limits, operationId }: Named): string {
  return `${operationId} ${limits.tenantId}`;
}

/** An amount joins what the hold has on the same window, and on a bucket in any case. */
function join(entries: HoldEntry[], entry: HoldEntry): void {
  const same = entries.find(
    ({ limitId, kind, isCharged, mark }) =>
      limitId === entry.limitId &&
      kind === entry.kind &&
      isCharged === entry.isCharged &&
      (mark === entry.mark || kind === KIND.bucket),
  );
  if (same) same.amount += entry.amount;
  else entries.push(entry);
}

/** A memory is told in terms of the limits of today. */
function recall({ limits }: Turn, memory: Memory | undefined): Pick<Memory, 'charged' | 'overruns'> {
  const charged: Record<string, number> = {};
  const overruns: Overrun[] = [];
  for (const limit of limits.limits) {
    const { name } = limit.definition;
    const units = memory?.charged[name];
    const over = memory?.overruns.find((overrun) => overrun.name === name);
    if (units) charged[name] = units;
    if (over) overruns.push({ ...over, limit: capacityOf(limit) });
  }
  return { charged, overruns };
}

function addTo(sums: Record<string, number>, name: string, units: number): void {
  sums[name] = (sums[name] ?? 0) + units;
}

function sweepZeros(memory: Memory): void {
  for (const [name, units] of Object.entries(memory.charged)) if (units === 0) delete memory.charged[name];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
