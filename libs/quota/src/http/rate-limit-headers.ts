import type { HeaderWriter } from '../quota.options.js';
import type { Decision, LimitState } from '../quota.types.js';

const WINDOW_SECONDS = { minute: 60, hour: 3600, day: 86_400, month: 30 * 86_400 } as const;

/** The greatest Integer of Structured Fields has 15 digits (RFC 9651, 3.3.1); our amounts may have 16. */
const MOST = 999_999_999_999_999;

/**
 * `RateLimit-Policy: "queries_hourly";q=100;w=3600` and `RateLimit: "queries_hourly";r=97;t=1423`, one member for each
 * limit (draft-ietf-httpapi-ratelimit-headers-11), and `Retry-After` on a denial. All in whole seconds, rounded up.
 *
 * | of                              | what is said                                                                        |
 * | ------------------------------- | ----------------------------------------------------------------------------------- |
 * | a window                        | `q` units in `w` seconds; a month counts 30 days                                    |
 * | a bucket                        | `q`: its burst; `w`: the time in which a whole burst comes back, so that q units    |
 * |                                 | every w seconds are never refused; exactly: `refill` units come back in `per` seconds |
 * | a level                         | `q`, without `w` and `t`: it never resets by itself                                 |
 * | more than 15 digits             | 999999999999999                                                                     |
 * | the greatest limit there is, or | `unlimited`                                                                         |
 * | a resource without a limit      | a member of its own with `unlimited`                                                |
 */
export const writeRateLimitHeaders: HeaderWriter = (decision, set) => {
  if (decision.limits.length > 0 || decision.unlimited.length > 0) {
    let policy = '';
    let state = '';
    for (const limit of decision.limits) {
      const name = quote(limit.name);
      const separator = policy === '' ? '' : ', ';
      policy += `${separator}${name};q=${clamped(limit.limit)}${policyParameters(limit)}`;
      state += `${separator}${name};r=${clamped(limit.remaining)}`;
      if (limit.resetsAtMs !== null)
        state += `;t=${clamped(seconds(limit.resetsAtMs - decision.decidedAtMs))}`;
    }
    for (const resource of decision.unlimited) {
      const member = `${policy === '' ? '' : ', '}${quote(resource)}`;
      policy += `${member};q=${MOST};unlimited`;
      state += `${member};r=${MOST}`;
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

function policyParameters(limit: LimitState): string {
  const parameters = kindParameters(limit);
  return isUnlimited(limit) ? `${parameters};unlimited` : parameters;
}

function kindParameters({ kind, period, limit: burst, rate }: LimitState): string {
  if (kind === 'concurrency') return ';qu="concurrent-requests"';
  if (period === undefined) return '';
  const seconds = WINDOW_SECONDS[period];
  if (kind !== 'bucket') return `;w=${seconds}`;
  // What never comes back has no window.
  if (!rate) return '';
  const full = Math.max(1, Math.ceil((burst * seconds) / rate));
  return `;w=${clamped(full)};refill=${clamped(rate)};per=${seconds}`;
}

/** No use comes near it: who sets it wants no limit. */
export function isUnlimited({ limit }: Pick<LimitState, 'limit'>): boolean {
  return limit === Number.MAX_SAFE_INTEGER;
}

function clamped(amount: number): number {
  return amount > MOST ? MOST : amount;
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
