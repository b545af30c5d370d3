import { Inject, Injectable } from '@nestjs/common';
import { within } from 'fairshare/redis';
import { Environment } from '../config/environment.js';
import { overloaded } from '../problems/overloaded.js';
import { unavailable } from '../problems/unavailable.js';

const RETRY_MS = 1_000;

const left = new WeakMap<object, number>();

/** What is left for the decision of a request, in ms; undefined where nothing of it is spent. */
export function budgetLeftOf(request: object): number | undefined {
  return left.get(request);
}

/**
 * The time that the whole decision on a request may take, QUOTA_DEADLINE_MS: who asks, the limits, what the model weighs,
 * and the script. Only what waits for PostgreSQL or Redis spends it.
 */
@Injectable()
export class DecisionBudget {
  private readonly wholeMs: number;

  constructor(@Inject(Environment) environment: Environment) {
    this.wholeMs = environment.QUOTA_DEADLINE_MS;
  }

  /**
   * What `work` comes to; throws `unavailable` when nothing is left. What this process lost because it was held up is given
   * back once, then it throws `overloaded`. Work that is late goes on, for those who ask next.
   */
  async spend<Value>(request: object, work: Promise<Value>): Promise<Value> {
    const leftMs = left.get(request) ?? this.wholeMs;
    const startedAtMs = performance.now();
    try {
      return await within(work, leftMs, (isHeldUp) => (isHeldUp ? new HeldUp() : this.late()));
    } catch (error) {
      if (!(error instanceof HeldUp)) throw error;
      return await within(work, this.wholeMs, overloaded);
    } finally {
      left.set(request, Math.max(0, leftMs - (performance.now() - startedAtMs)));
    }
  }

  private late(): Error {
    return unavailable('The database', Math.max(RETRY_MS, this.wholeMs));
  }
}

/** The timer ran late, and with it whatever `work` waited for: nothing is known of the other side. */
class HeldUp extends Error {}
