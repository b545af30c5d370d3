import { readPreferences } from '../http/prefer.js';

/**
 * How many seconds the client would wait for the answer (`Prefer: wait=10`), at most `mostSeconds`; undefined where it
 * did not say. A value that is no number of seconds is ignored, as RFC 7240 has it. Throws invalid_request for a header
 * that is not written as it says.
 */
export function preferredWait(
  prefer: string | string[] | undefined,
  mostSeconds: number,
): number | undefined {
  const seconds = readPreferences(prefer).get('wait') ?? '';
  return /^\d+$/.test(seconds) ? Math.min(Number(seconds), mostSeconds) : undefined;
}
