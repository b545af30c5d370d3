import { whenOver } from 'fairshare/redis';
import type { Turn } from './keyed-operation.js';

interface Waiter {
  readonly resolve: (turn: Turn) => void;
  readonly reject: (error: Error) => void;
}

/** Those who wait on this node for one keyed request; one watch looks for all of them. */
export class KeyWatch {
  private readonly waiters = new Set<Waiter>();
  private wake: () => void = () => undefined;
  private isNudged = false;
  /** A request of this node does it now: nobody needs to ask PostgreSQL. */
  isOwnedHere = false;

  get size(): number {
    return this.waiters.size;
  }

  /** Rejects with what `late` gives when the time is over, or with the signal's reason. */
  join({ mostMs, signal, late }: { mostMs: number; signal: AbortSignal; late: () => Error }): Promise<Turn> {
    return new Promise<Turn>((resolve, reject) => {
      const leave = () => {
        forget();
        signal.removeEventListener('abort', onAbort);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        resolve: (turn) => (leave(), resolve(turn)),
        reject: (error) => (leave(), reject(error)),
      };
      const onAbort = () => waiter.reject(signal.reason as Error);
      const forget = whenOver(mostMs, () => waiter.reject(late()));
      this.waiters.add(waiter);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }

  /** All of them have the answer. */
  answer(turn: Turn): void {
    for (const { resolve } of [...this.waiters]) resolve(turn);
  }

  fail(error: Error): void {
    for (const { reject } of [...this.waiters]) reject(error);
  }

  /** The one that waits longest does it now; false where nobody waits. */
  handOver(turn: Turn): boolean {
    const [first] = this.waiters;
    first?.resolve(turn);
    return first !== undefined;
  }

  /** Ends the rest, or, while somebody looks, the next one: what they saw may be old. */
  nudge(): void {
    this.isNudged = true;
    this.wake();
  }

  /** Until `nudge`, at most so long. */
  async rest(mostMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      if (this.isNudged) return resolve();
      this.wake = resolve;
      timer = setTimeout(resolve, mostMs);
    });
    this.isNudged = false;
    clearTimeout(timer);
  }
}
