import { Logger } from '@nestjs/common';

/** More than any model reads or writes in one call. */
const MOST_TOKENS = 10_000_000;
const QUIET_MS = 60_000;

const logger = new Logger('UpstreamUsage');
let saidAtMs = -Infinity;

/** A count that a model can have reached: whole, and neither negative nor beyond all models. */
export function isPlausible(tokens: unknown): tokens is number {
  return Number.isSafeInteger(tokens) && (tokens as number) >= 0 && (tokens as number) <= MOST_TOKENS;
}

/** Logged, at most once a minute: the upstream reports a usage that cannot be, and we count ourselves. */
export function logNonsense(what: string, reported: unknown): void {
  if (performance.now() - saidAtMs < QUIET_MS) return;
  saidAtMs = performance.now();
  const shown = (JSON.stringify(reported) ?? String(reported)).slice(0, 60);
  logger.warn(`The upstream reports ${what} ${shown}, which cannot be: our own count is charged`);
}
