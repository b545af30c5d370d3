import { type Denied, type Violation } from 'fairshare/quota';
import type { ViolationDto } from './violation.dto.js';
import { wholeSeconds } from './whole-seconds.js';
import { Problem } from './problem.js';

/** A denial as a problem: which limit, how much is left, when to come back. */
export function quotaProblem(decision: Denied): Problem {
  const fields = { violations: decision.violations.map((violation) => violationView(violation, decision)) };
  if (decision.retryAfterMs === 'never') {
    const names = decision.violations
      .filter(({ retryAfterMs }) => retryAfterMs === 'never')
      .map(({ name }) => name);
    return new Problem(
      'cost_exceeds_limit',
      `This request alone is larger than ${names.join(', ')}; it can never be admitted. Ask for less, or for a higher limit.`,
      { fields },
    );
  }
  const seconds = wholeSeconds(decision.retryAfterMs);
  const names = decision.violations.map(({ name }) => name).join(', ');
  return new Problem(
    'quota_exceeded',
    `${names} is used up; try again in ${seconds} s or ask for a higher limit.`,
    {
      fields,
      headers: { 'Retry-After': String(seconds) },
    },
  );
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
