import { QuotaError } from './quota.errors.js';
import type { Denied, Violation } from './quota.types.js';

/** Thrown by the guard where the decision is Denied. */
export class QuotaExceededError extends QuotaError {
  readonly code = 'quota_exceeded';
  readonly retryable: boolean;

  constructor(readonly decision: Denied) {
    super(describeDenial(decision.violations));
    this.retryable = decision.retryAfterMs !== 'never';
  }

  get violations(): readonly Violation[] {
    return this.decision.violations;
  }

  get retryAfterMs(): number | 'never' {
    return this.decision.retryAfterMs;
  }
}

function describeDenial(violations: readonly Violation[]): string {
  const parts = violations.map((violation) => {
    const when =
      violation.retryAfterMs === 'never'
        ? 'never fits'
        : `fits in ${Math.ceil(violation.retryAfterMs / 1000)} s`;
    return `${violation.name}: ${violation.used} used and ${violation.held} held of ${violation.limit}, ${violation.requested} asked, ${when}`;
  });
  return `Quota exceeded (${parts.join('; ')})`;
}
