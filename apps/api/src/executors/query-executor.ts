import type { UpstreamBill } from './upstream-bill.js';

export interface QueryRequest {
  readonly query: string;
  readonly model: string;
  /** Most tokens that the answer may have. */
  readonly maxTokens: number;
}

export interface QueryResult {
  readonly text: string;
  readonly model: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** True when no model was asked: the answer is made up, deterministically. */
  readonly simulated: boolean;
}

/** Port to whatever answers queries. */
export const QueryExecutor = Symbol('QueryExecutor');
export interface QueryExecutor {
  /**
   * Answers one query; rejects when `signal` aborts or the upstream fails. Whatever goes to the upstream is written on
   * the bill at once, and the bill is complete when the promise ends.
   */
  execute(request: QueryRequest, signal: AbortSignal, bill: UpstreamBill): Promise<QueryResult>;
}
