export type { AppParts } from './app.module.js';
export { type Environment, parseEnvironment } from './config/environment.js';
export { createApp } from './create-app.js';
export { createWorker } from './create-worker.js';
export type { QueryExecutor, QueryRequest, QueryResult } from './executors/query-executor.js';
export type { CallUsage, UpstreamBill, UpstreamCall } from './executors/upstream-bill.js';
export {
  UpstreamError,
  UpstreamInvalidRequestError,
  UpstreamNonsenseError,
  UpstreamRefusedError,
  UpstreamTimeoutError,
  UpstreamUnreachableError,
} from './executors/upstream.errors.js';
