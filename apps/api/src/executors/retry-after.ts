/** The header Retry-After, seconds or an HTTP date (RFC 9110, section 10.2.3), in ms from now; undefined for neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000);
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

/**
 * How long to wait before the retry after attempt `attempt` (from 1): what the upstream asked for, else exponential
 * backoff; `random` (0 to 1) adds up to a quarter, so that many do not return at once.
 */
export function retryPauseMs(attempt: number, askedMs: number | undefined, random: number): number {
  const pauseMs = askedMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
  return Math.ceil(pauseMs * (1 + random / 4));
}
