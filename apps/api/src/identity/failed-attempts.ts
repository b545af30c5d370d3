import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

const MOST_FAILURES = 10;
const WITHIN_MS = 60_000;
const REMEMBERED_ADDRESSES = 10_000;

/**
 * Counts wrong keys by address: beyond ten within a minute they are answered 429. A right key still passes, so that
 * nobody can lock an operator out. Each node counts for itself.
 */
@Injectable()
export class FailedAttempts {
  private readonly logger = new Logger('FailedAttempts');
  private readonly failures = new LRUCache<string, { count: number; untilMs: number }>({
    max: REMEMBERED_ADDRESSES,
    ttl: WITHIN_MS,
  });

  /** Notes a wrong key. Gives how long the address has to wait, in ms; 0 while it may go on. */
  note(address: string, what: string): number {
    const nowMs = performance.now();
    let failed = this.failures.get(address);
    if (!failed) this.failures.set(address, (failed = { count: 0, untilMs: nowMs + WITHIN_MS }));
    failed.count += 1;
    // Not at each one: a flood of wrong keys must not flood the log.
    if (failed.count === 1 || failed.count === MOST_FAILURES) {
      this.logger.warn(`${failed.count} wrong ${what} from ${address} within a minute`);
    }
    return failed.count > MOST_FAILURES ? Math.max(1, failed.untilMs - nowMs) : 0;
  }
}
