import type { HeaderWriter } from '../quota.options.js';
import type { Decision, LimitState } from '../quota.types.js';

const WINDOW_SECONDS = { minute: 60, hour: 3600, day: 86_400, month: 30 * 86_400 } as const;

/**
 * `RateLimit-Policy: "queries_hourly";q=100;w=3600` and `RateLimit: "queries_hourly";r=97;t=1423`, one member for each
 * limit (draft-ietf-httpapi-ratelimit-headers-11), and `Retry-After` on a denial. `w` of a month is 30 days; `t` is left
 * out where a limit never resets by itself. All in whole seconds, rounded up.
 */
export const writeRateLimitHeaders: HeaderWriter = (decision, set) => {
  if (decision.limits.length > 0) {
    let policy = '';
    let state = '';
    for (const limit of decision.limits) {
      const name = quote(limit.name);
      const separator = policy === '' ? '' : ', ';
      policy += `${separator}${name};q=${limit.limit}${policyParameters(limit)}`;
      state += `${separator}${name};r=${limit.remaining}`;
      if (limit.resetsAtMs !== null) state += `;t=${seconds(limit.resetsAtMs - decision.decidedAtMs)}`;
    }
    set('RateLimit-Policy', policy);
    set('RateLimit', state);
  }
  const retryAfter = retryAfterSeconds(decision);
  if (retryAfter !== undefined) set('Retry-After', String(retryAfter));
};

/** Whole seconds, rounded up, until a denied cost fits; undefined where it is allowed or never fits. */
export function retryAfterSeconds(decision: Decision): number | undefined {
  if (decision.allowed || decision.retryAfterMs === 'never') return undefined;
  return seconds(decision.retryAfterMs);
}

// Structured Fields allow integers of 15 digits; ours may have 16.
function policyParameters(limit: LimitState): string {
  const window = limit.period === undefined ? '' : `;w=${WINDOW_SECONDS[limit.period]}`;
  return limit.kind === 'concurrency' ? ';qu="concurrent-requests"' : window;
}

const quoted = new Map<string, string>();

// A String of Structured Fields is printable ASCII; everything else in an operator's name becomes `?`.
function quote(name: string): string {
  let text = quoted.get(name);
  if (text === undefined) {
    text = `"${name.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
    if (quoted.size < 1_000) quoted.set(name, text);
  }
  return text;
}

function seconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1000));
}
