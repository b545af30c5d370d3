import { GateFullError, InvalidJobError, QueueOverloadedError, QueueUnavailableError } from 'fairshare/queue';
import { overloaded } from '../problems/overloaded.js';
import { Problem } from '../problems/problem.js';
import { unavailable } from '../problems/unavailable.js';

/** What the caller is told of an error of the queue. */
export function jobProblem(error: unknown): Problem | undefined {
  if (error instanceof InvalidJobError) return new Problem('invalid_request', error.message);
  if (error instanceof QueueOverloadedError) return overloaded();
  if (error instanceof QueueUnavailableError) return unavailable('The queue', 1_000);
  if (!(error instanceof GateFullError)) return undefined;
  return new Problem('queue_full', 'Too many of your requests wait already; try again in a second.', {
    headers: { 'Retry-After': '1' },
  });
}
