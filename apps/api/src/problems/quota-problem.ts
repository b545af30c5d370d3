import { type Denied, type LimitKind, type Violation } from 'fairshare/quota';
import type { ViolationDto } from './violation.dto.js';
import { wholeSeconds } from './whole-seconds.js';
import { Problem } from './problem.js';

/** A denial; `slotAfterMs`: when a slot of a concurrency limit is expected, where somebody has measured it. */
export type ExpectedDenial = Denied & { readonly slotAfterMs?: number };

/** A denial as a problem: which limit, how much is left, when to come back. */
export function quotaProblem(decision: ExpectedDenial): Problem {
  const fields = { violations: decision.violations.map((violation) => violationView(violation, decision)) };
  if (decision.retryAfterMs === 'never') {
    const lasting = decision.violations.filter(({ retryAfterMs }) => retryAfterMs === 'never');
    return new Problem(
      'cost_exceeds_limit',
      lasting.map((violation) => neverFits(violation, kindOf(violation, decision))).join(' '),
      { fields },
    );
  }
  const seconds = wholeSeconds(decision.retryAfterMs);
  const reasons = decision.violations.map((violation) => lacks(violation, kindOf(violation, decision)));
  const isOnlySlots = decision.violations.every((violation) => kindOf(violation, decision) === 'concurrency');
  const isExpected = decision.slotAfterMs !== undefined;
  const when =
    isOnlySlots && isExpected
      ? `By how long your requests have taken of late, a slot is free in about ${seconds} s. Try again then.`
      : isOnlySlots
        ? `When a request under way ends is not known; at the latest, its lease ends in ${seconds} s. Try again after another of yours has ended.`
        : `Try again in ${seconds} s or ask for a higher limit.`;
  return new Problem('quota_exceeded', `${reasons.join(' ')} ${when}`, {
    fields,
    headers: { 'Retry-After': String(seconds) },
  });
}

/** What no waiting changes: a request that is too large by itself, or a limit that nothing empties by itself. */
function neverFits({ name, limit, used, held, requested }: Violation, kind: LimitKind | undefined): string {
  if (requested > limit) {
    return `This request alone is larger than ${name} (${requested} of ${limit}); it can never be admitted. Ask for less, or for a higher limit.`;
  }
  const over = used + held + requested - limit;
  const taken = held > 0 ? `${used} used and ${held} held` : `${used} used`;
  return kind === 'level'
    ? `${name} is at ${taken} of ${limit}, and this asks for ${requested} more; it does not fall by itself. Free ${over}, or ask for a higher limit.`
    : `${name} is at ${taken} of ${limit}, and this asks for ${requested}; nothing comes back by itself. Ask for a higher limit.`;
}

function lacks({ name, limit, used, held, requested }: Violation, kind: LimitKind | undefined): string {
  const left = Math.max(0, limit - used - held);
  if (kind === 'concurrency') {
    return `${held} of ${limit} slots of ${name} are taken by requests under way, and this asks for ${requested}.`;
  }
  const isHeld = used + requested <= limit;
  if (isHeld)
    return `${name} is set aside for requests under way (${used} used and ${held} held of ${limit}).`;
  return left === 0
    ? `${name} is used up (${limit}).`
    : `${name} has ${left} of ${limit} left, and this asks for ${requested}.`;
}

function kindOf({ name }: Violation, { limits }: Denied): LimitKind | undefined {
  return limits.find((state) => state.name === name)?.kind;
}

export function violationView(violation: Violation, decision: Denied): ViolationDto {
  const { name, resource, limit, used, held, requested, retryAfterMs } = violation;
  const resetsAtMs = decision.limits.find((state) => state.name === name)?.resetsAtMs ?? null;
  return {
    name,
    resource,
    limit,
    used,
    held,
    requested,
    retry_after_seconds: retryAfterMs === 'never' ? null : wholeSeconds(retryAfterMs),
    resets_at: isoOrNull(resetsAtMs),
  };
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
