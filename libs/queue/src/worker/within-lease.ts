import { within } from 'fairshare/redis';
import { PortSilentError } from '../queue.errors.js';

/** What a port answers; rejects with PortSilentError after a lease, so that one that hangs keeps no slot. */
export function withinLease<Value>(answer: Promise<Value>, leaseMs: number): Promise<Value> {
  return within(answer, leaseMs, () => new PortSilentError(`No answer within ${leaseMs} ms`));
}
