import {
  QueryExecutor,
  type QueryRequest,
  type QueryResult,
} from '../../apps/api/src/executors/query-executor.js';
import type { UpstreamBill } from '../../apps/api/src/executors/upstream-bill.js';
import type { TestApi } from './api.js';

export interface HeldExecutor {
  /** Queries that began so far. */
  readonly count: number;
  /** Resolves when so many have begun. */
  began(count?: number): Promise<void>;
  /** Resolves when so many were aborted. */
  aborted(count?: number): Promise<void>;
  /** Those that began may end, and so may all that follow; with an error, they fail with it. */
  release(error?: Error): void;
  /** Gives the executor back as it was. */
  restore(): void;
}

/** Holds the node's executor at the beginning of each query until it is released or the query aborts. */
export function holdExecutor({ app }: TestApi): HeldExecutor {
  const executor = app.get<QueryExecutor>(QueryExecutor, { strict: false });
  const execute = executor.execute.bind(executor);
  const begun = new Counter();
  const aborted = new Counter();
  let release: (error?: Error) => void = () => undefined;
  const released = new Promise<Error | undefined>((resolve) => (release = resolve));
  executor.execute = async (
    request: QueryRequest,
    signal: AbortSignal,
    bill: UpstreamBill,
  ): Promise<QueryResult> => {
    begun.add();
    signal.addEventListener('abort', () => aborted.add(), { once: true });
    const gone = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    );
    const error = await Promise.race([released, gone]);
    if (error) throw error;
    return execute(request, signal, bill);
  };
  return {
    get count() {
      return begun.value;
    },
    began: (count = 1) => begun.reaches(count),
    aborted: (count = 1) => aborted.reaches(count),
    release,
    restore: () => {
      release();
      executor.execute = execute;
    },
  };
}

class Counter {
  value = 0;
  private waiting: { count: number; resolve: () => void }[] = [];

  add(): void {
    this.value += 1;
    for (const { count, resolve } of this.waiting) if (count <= this.value) resolve();
  }

  reaches(count: number): Promise<void> {
    if (this.value >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }
}
