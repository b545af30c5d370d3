import type { Answered } from './counters/quota-caller.js';
import type { PlannedLimit, QuotaPlan } from './counters/records/plan.js';
import { STATUS } from './counters/records/reply.js';
import type { OperationId } from './operation-id.js';
import type { Cost, Decision, OperationOutcome, QuotaStatus, Settlement } from './quota.types.js';

const OUTCOME_OF: Readonly<Record<number, OperationOutcome | 'unknown'>> = {
  [STATUS.held]: 'held',
  [STATUS.spent]: 'spent',
  [STATUS.settled]: 'settled',
  [STATUS.cancelled]: 'cancelled',
  [STATUS.expired]: 'expired',
  [STATUS.unknown]: 'unknown',
};

/** What has become of the operation. */
export function outcomeOf({ reply }: Answered): OperationOutcome | 'unknown' {
  return OUTCOME_OF[reply.status] ?? 'unknown';
}

/** What every answer has: the limits after it, when, and in which mode. */
export function standingOf({ plan, reply }: Answered): Pick<Decision, 'limits' | 'decidedAtMs' | 'mode'> {
  const mode = plan.limits.overflow === 'observe' ? 'observe' : 'enforce';
  return { limits: reply.limits(), decidedAtMs: reply.nowMs, mode };
}

export function decisionOf(
  answered: Answered,
  { cost, operationId, spread }: { cost: Cost; operationId: OperationId; spread: (ms: number) => number },
): Decision {
  const { reply } = answered;
  const standing = standingOf(answered);
  const requested = (entry: PlannedLimit) => cost[entry.limit.definition.resource] ?? 0;
  const violations = reply.violations(requested, spread);
  const unlimited = answered.plan.unlimitedIn(cost);
  if (reply.status === STATUS.denied) {
    const times = violations.map(({ retryAfterMs }) => retryAfterMs);
    const retryAfterMs = times.includes('never') ? 'never' : Math.max(...(times as number[]));
    return {
      allowed: false,
      outcome: 'denied',
      operationId,
      repeated: false,
      violations,
      retryAfterMs,
      unlimited,
      ...standing,
    };
  }
  return {
    allowed: true,
    outcome: OUTCOME_OF[reply.status] as OperationOutcome,
    operationId,
    repeated: reply.isRepeated,
    leaseExpiresAtMs: reply.deadlineMs || null,
    wouldDeny: violations,
    unlimited,
    // Named one by one: this is the way of every request, and a spread costs more than all the rest of it.
    limits: standing.limits,
    decidedAtMs: standing.decidedAtMs,
    mode: standing.mode,
  };
}

/** The answer while Redis cannot be asked and the options say allow. */
export function degradedDecision(operationId: OperationId, decidedAtMs: number): Decision {
  return {
    allowed: true,
    outcome: 'spent',
    operationId,
    repeated: false,
    leaseExpiresAtMs: null,
    wouldDeny: [],
    unlimited: [],
    limits: [],
    decidedAtMs,
    mode: 'degraded',
  };
}

export function statusOf(answered: Answered): QuotaStatus {
  const { tenantId, tier, status, overflow } = answered.plan.limits;
  return {
    tenantId,
    tier,
    status,
    overflow,
    openHolds: answered.reply.openHolds,
    ...standingOf(answered),
  };
}

/** True units by resource: what the limit that took most of it was charged or would have been. */
export function chargedByResource(
  plan: QuotaPlan,
  { charged, overruns }: Pick<Settlement, 'charged' | 'overruns'>,
): Cost {
  const isObserving = plan.limits.overflow === 'observe';
  const sums: Record<string, number> = {};
  for (const { limit } of plan.entries) {
    const { name, resource } = limit.definition;
    const over = isObserving ? 0 : (overruns.find((overrun) => overrun.name === name)?.amount ?? 0);
    const units = (charged[name] ?? 0) + over;
    if (units > 0) sums[resource] = Math.max(sums[resource] ?? 0, units);
  }
  return sums;
}
