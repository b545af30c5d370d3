interface Pending {
  readonly dueMs: number;
  readonly fail: (error: Error) => void;
  isDone: boolean;
}

// Few enough not to hold memory, enough that the list is seldom copied.
const MOST_DONE = 1_000;

/** Gives every promise the same time to settle, with one timer for all of them. */
export class Deadlines {
  #pending: Pending[] = [];
  #head = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limitMs: number,
    private readonly createError: () => Error,
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
    if (!this.#timer) this.#timer = this.#wake(this.limitMs);
    return pending;
  }

  // What is done does not wait for its due time here: all that its promise holds would outlive the request by the limit.
  #letGo(): void {
    while (this.#pending[this.#head]?.isDone) this.#head += 1;
    if (this.#head < MOST_DONE && this.#head < this.#pending.length) return;
    this.#pending = this.#pending.slice(this.#head);
    this.#head = 0;
  }

  #wake(inMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), inMs).unref();
  }

  // Equal limits keep the list in order of due time.
  #expire(): void {
    const now = performance.now();
    let next = this.#pending[this.#head];
    while (next && (next.isDone || next.dueMs <= now)) {
      if (!next.isDone) {
        next.isDone = true;
        next.fail(this.createError());
      }
      this.#head += 1;
      next = this.#pending[this.#head];
    }
    this.#pending = this.#pending.slice(this.#head);
    this.#head = 0;
    this.#timer = next ? this.#wake(Math.max(1, next.dueMs - now)) : undefined;
  }
}
