import type { IncomingHttpHeaders } from 'node:http';

/**
 * How long an upstream asks us to wait, in ms from now: `retry-after-ms`, else Retry-After, seconds or an HTTP date
 * (RFC 9110, section 10.2.3). Undefined, so that the usual pause applies, for none, 0, the past, or what nobody can read.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  return readNumber(headers['retry-after-ms'], 1) ?? readRetryAfter(headers['retry-after'], nowMs);
}

/** What the upstream says of a retry itself, whatever its status; undefined where it says nothing. */
export function shouldRetry(headers: IncomingHttpHeaders): boolean | undefined {
  const text = String(headers['x-should-retry']).trim().toLowerCase();
  if (text === 'true') return true;
  return text === 'false' ? false : undefined;
}

function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN;
  return at > nowMs ? at - nowMs : readNumber(text, 1_000);
}

function readNumber(header: unknown, unitMs: number): number | undefined {
  const text = String(header).trim();
  const ms = /^\d{1,12}(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * unitMs) : 0;
  return ms > 0 ? ms : undefined;
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
