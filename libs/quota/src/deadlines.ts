import { heldUpMs, lookAtSockets } from 'fairshare/redis';

interface Pending {
  readonly dueMs: number;
  readonly fail: (error: Error) => void;
  isDone: boolean;
}

// Few enough not to hold memory, enough that the list is seldom copied.
const MOST_DONE = 1_000;
/** Looks so often, in ms, whether the process is held up. */
const TICK_MS = 100;
/** What a process that was held up gives its answers to come in, in ms: they may have been asked for late. */
const GRACE_MS = 50;

/**
 * Gives every promise the same time to settle, with one timer for all of them. When the time is over, the sockets are
 * read before anything fails: an answer that has come counts, however late our own timer ran.
 */
export class Deadlines {
  #pending: Pending[] = [];
  #head = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When the process was last found to have been held up. */
  #heldUpAtMs = -Infinity;

  constructor(
    private readonly limitMs: number,
    /** `isOverloaded`: this process was held up while it waited, so that nothing is known of the other side. */
    private readonly createError: (isOverloaded: boolean) => Error,
  ) {}

  /** Settles like `work`, or rejects after the limit; what `work` comes to later is dropped. */
  guard<T>(work: Promise<T>): Promise<T> {
    if (this.limitMs === 0) return work;
    return new Promise<T>((resolve, reject) => {
      const pending = this.start(reject);
      work.then(
        (value) => {
          pending.isDone = true;
          resolve(value);
        },
        (error: Error) => {
          pending.isDone = true;
          reject(error);
        },
      );
    });
  }

  /** Calls `fail` after the limit, unless what is returned is done by then. */
  start(fail: (error: Error) => void): { isDone: boolean } {
    const pending: Pending = { dueMs: performance.now() + this.limitMs, fail, isDone: false };
    if (this.limitMs === 0) return pending;
    this.#letGo();
    this.#pending.push(pending);
    if (!this.#timer) this.#wake(this.limitMs);
    return pending;
  }

  // What is done does not wait for its due time here: all that its promise holds would outlive the request by the limit.
  #letGo(): void {
    while (this.#pending[this.#head]?.isDone) this.#head += 1;
    if (this.#head < MOST_DONE && this.#head < this.#pending.length) return;
    this.#pending = this.#pending.slice(this.#head);
    this.#head = 0;
  }

  #wake(inMs: number): void {
    const waitMs = Math.min(inMs, TICK_MS);
    const wakeAtMs = performance.now() + waitMs;
    this.#timer = setTimeout(() => this.#check(wakeAtMs), waitMs).unref();
  }

  #check(wakeAtMs: number): void {
    const nowMs = this.#noteDelay(wakeAtMs);
    this.#letGo();
    const first = this.#pending[this.#head];
    if (!first) this.#timer = undefined;
    else if (first.dueMs > nowMs) this.#wake(Math.max(1, first.dueMs - nowMs));
    else lookAtSockets(() => this.#giveUpOrWait(nowMs));
  }

  #giveUpOrWait(dueMs: number): void {
    this.#noteDelay(dueMs);
    this.#letGo();
    const first = this.#pending[this.#head];
    if (!first || !this.#wasHeldUp(first)) return this.#giveUp(dueMs);
    const giveUp = () => lookAtSockets(() => this.#giveUp(dueMs));
    this.#timer = setTimeout(giveUp, Math.min(GRACE_MS, this.limitMs)).unref();
  }

  // Equal limits keep the list in order of due time.
  #giveUp(dueMs: number): void {
    let next = this.#pending[this.#head];
    while (next && (next.isDone || next.dueMs <= dueMs)) {
      if (!next.isDone) {
        next.isDone = true;
        next.fail(this.createError(this.#wasHeldUp(next)));
      }
      this.#head += 1;
      next = this.#pending[this.#head];
    }
    this.#pending = this.#pending.slice(this.#head);
    this.#head = 0;
    this.#timer = undefined;
    if (next) this.#wake(Math.max(1, next.dueMs - performance.now()));
  }

  #noteDelay(expectedMs: number): number {
    const nowMs = performance.now();
    if (nowMs - expectedMs > heldUpMs(this.limitMs)) this.#heldUpAtMs = nowMs;
    return nowMs;
  }

  #wasHeldUp({ dueMs }: Pending): boolean {
    return this.#heldUpAtMs > dueMs - this.limitMs;
  }
}
