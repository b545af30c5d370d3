import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Problem } from '../problems/problem.js';
import { wholeSeconds } from '../problems/whole-seconds.js';

const MOST_FAILURES = 10;
const WITHIN_MS = 60_000;
const REMEMBERED_ADDRESSES = 10_000;

/**
 * Counts wrong keys by address: beyond ten within a minute no key of that address is looked up, and it is answered 429. A
 * key that was in force lately, or was made lately, still passes, so that nobody can lock out who is at work. Each node
 * counts for itself.
 */
@Injectable()
export class FailedAttempts {
  private readonly logger = new Logger('FailedAttempts');
  private readonly failures = new LRUCache<string, { count: number; untilMs: number }>({
    max: REMEMBERED_ADDRESSES,
    ttl: WITHIN_MS,
  });

  /** Throws `too_many_attempts` where the address has to wait. */
  check(address: string): void {
    const failed = this.failures.get(address);
    if (!failed || failed.count < MOST_FAILURES) return;
    const seconds = wholeSeconds(Math.max(1, failed.untilMs - performance.now()));
    throw new Problem('too_many_attempts', `Too many wrong keys from your address; wait ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  }

  /** Notes a wrong key; throws `too_many_attempts` where there were too many before it. */
  note(address: string, what: string): void {
    this.check(address);
    let failed = this.failures.get(address);
    const untilMs = performance.now() + WITHIN_MS;
    if (!failed) this.failures.set(address, (failed = { count: 0, untilMs }));
    failed.count += 1;
    // Not at each one: a flood of wrong keys must not flood the log.
    if (failed.count === 1 || failed.count === MOST_FAILURES) {
      this.logger.warn(`${failed.count} wrong ${what} from ${address} within a minute`);
    }
  }
}
