import { Problem } from './problem.js';
import { wholeSeconds } from './whole-seconds.js';

/** A part that the service needs does not answer. `what` is named in the text, e.g. 'The quota'. */
export function unavailable(what: string, retryAfterMs: number): Problem {
  return new Problem('unavailable', `${what} cannot be reached now; nothing is lost, try again.`, {
    headers: { 'Retry-After': String(wholeSeconds(retryAfterMs)) },
  });
}
