export interface BackoffRule {
  /** First pause, in ms. */
  readonly backoffMs: number;
  /** Longest pause, in ms. */
  readonly maxBackoffMs: number;
}

/** Pause before the next attempt, in ms: doubles with each failed one, ± half by `random` in [0, 1). */
export function backoffMs(attempt: number, rule: BackoffRule, random: number): number {
  const full = Math.min(rule.backoffMs * 2 ** Math.min(attempt - 1, 40), rule.maxBackoffMs);
  return Math.round(full * (0.5 + random));
}
