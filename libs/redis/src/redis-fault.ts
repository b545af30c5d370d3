import { RedisTimeoutError } from './patient-commands.js';

/** What Redis says while it is busy, starting, full, or no master; anything else it says, it will say again. */
const TRANSIENT_REPLY =
  /^(?:LOADING|BUSY|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|NOSCRIPT|UNBLOCKED|MISCONF|EXECABORT)\b/;
const CONNECTION =
  /Connection is closed|Connection lost|isn't writeable|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|Command timed out|max retries per request|Failed to refresh slots cache|startup nodes/i;

/** Errors of ioredis about a connection; other libraries give theirs a name of their own. */
const CONNECTION_NAMES = ['Error', 'AbortError', 'ClusterAllFailedError', 'MaxRetriesPerRequestError'];

/**
 * `transient`: Redis is slow, away, full or no master, and may be asked again later. `permanent`: it will say the same again.
 * Undefined for an error that is not of Redis.
 */
export function redisFault(error: unknown): 'transient' | 'permanent' | undefined {
  if (error instanceof RedisTimeoutError) return 'transient';
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'ReplyError') return TRANSIENT_REPLY.test(error.message) ? 'transient' : 'permanent';
  const isOfConnection = CONNECTION_NAMES.includes(error.name) && CONNECTION.test(error.message);
  return isOfConnection ? 'transient' : undefined;
}
