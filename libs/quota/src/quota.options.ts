import { QuotaConfigurationError, type QuotaError, type QuotaUnavailableError } from './quota.errors.js';
import type { Allowed, Decision } from './quota.types.js';
import type { UnknownModelRule } from './weights/model-weights.js';

export interface LimitCacheOptions {
  /** How long limits may be served from memory, in ms. 0 = no cache. Default 60_000. */
  readonly ttlMs?: number;
  /** Part of the TTL that is random, so that nodes do not refresh together, 0 to 0.5. Default 0.1. */
  readonly jitter?: number;
  /** How long a tenant that does not exist is remembered as such, in ms. Default 5_000. */
  readonly negativeTtlMs?: number;
  /** Oldest limits that are served while the source is away, in ms. Default 600_000. */
  readonly maxStaleMs?: number;
  /** After the source failed, how long old limits are served before it is asked again, in ms. Default 1_000. */
  readonly retryMs?: number;
  /** Tenants kept in memory; the least recently used leave first. Default 10_000. */
  readonly maxTenants?: number;
}

export interface QuotaOptions extends UnknownModelRule {
  /** Starts every key; at most 32 of `A-Z a-z 0-9 _ . : -`. Default `fairshare:quota`. */
  readonly keyPrefix?: string;
  /** How long a hold lives without an answer, in ms. Default 60_000. */
  readonly leaseMs?: number;
  /** How long the outcome of a named operation is remembered beyond its lease, in ms. Default 600_000. */
  readonly memoryMs?: number;
  /**
   * How long one call of a verb may take, in ms, with the limits that it needs. Past it the sockets are read once more; then it is QuotaUnavailableError,
   * or QuotaOverloadedError where this process was held up itself. Default 250.
   */
  readonly deadlineMs?: number;
  /**
   * What `check`, `reserve` and `spend` answer while Redis cannot be asked. deny: QuotaUnavailableError.
   * allow: Allowed in mode degraded, nothing counted. Default deny.
   */
  readonly onUnavailable?: 'deny' | 'allow';
  /** Told of every call that was not answered within `deadlineMs`. */
  readonly onLate?: (error: QuotaUnavailableError) => void;
  /** Random part added to `retryAfterMs` so that a herd does not return at once: 0.1 adds up to 10 %. Default 0.1. */
  readonly retryJitter?: number;
  /** Most the jitter adds, in ms. Default 10_000. */
  readonly retryJitterMaxMs?: number;
  readonly cache?: LimitCacheOptions;
  /**
   * Resources that the application spends whether or not a limit counts them; any other that no limit of any tenant counts
   * is an error. Default: none.
   */
  readonly resources?: readonly string[];
  /** How long the table of model weights is served from memory, in ms. Default 60_000. */
  readonly modelsTtlMs?: number;
}

/** Writes a decision into response headers; `set` takes one name and value. */
export type HeaderWriter = (decision: Decision, set: (name: string, value: string) => void) => void;

export interface QuotaHttpOptions {
  /**
   * Tells whose request it is. A value that is no tenant id, or undefined, ends in TenantMissingError or
   * InvalidTenantIdError. Default: `request.tenantId`.
   */
  readonly tenantOf?: (request: never) => string | undefined | Promise<string | undefined>;
  /** Names the operation, for instance by `Idempotency-Key`, so that a client's resend is charged once. Default: none. */
  readonly operationOf?: (request: never) => string | undefined;
  /** How long the decision may take, in ms, where that is less than `deadlineMs`. Default: `deadlineMs`. */
  readonly withinMsOf?: (request: never) => number | undefined;
  /** Default: `RateLimit-Policy`, `RateLimit`, and `Retry-After` where it is denied. false: none. */
  readonly headers?: HeaderWriter | false;
  /** Turns what the guard throws into the application's own. Default: an HttpException with the error as its cause. */
  readonly exceptionOf?: (error: QuotaError) => Error;
  /** Routes without `@Quota` are guarded at this cost when the guard is global. Default: they are free. */
  readonly defaultCost?: Readonly<Record<string, number>>;
  /** Told of every decision made by the guard. */
  readonly onDecision?: (request: never, decision: Decision) => void;
  /** In mode degraded. */
  readonly onDegraded?: (request: never, decision: Allowed) => void;
}

export const QuotaHttpOptions = Symbol('QuotaHttpOptions');

/** Throws QuotaConfigurationError that names the first option that is wrong. */
export function checkOptions(options: QuotaOptions): void {
  const whole: readonly [string, number | undefined, number, number][] = [
    ['leaseMs', options.leaseMs, 1, 86_400_000],
    ['memoryMs', options.memoryMs, 1, 86_400_000],
    ['deadlineMs', options.deadlineMs, 0, 86_400_000],
    ['retryJitterMaxMs', options.retryJitterMaxMs, 0, 86_400_000],
    ['modelsTtlMs', options.modelsTtlMs, 0, 86_400_000],
    ['cache.ttlMs', options.cache?.ttlMs, 0, 86_400_000],
    ['cache.negativeTtlMs', options.cache?.negativeTtlMs, 0, 86_400_000],
    ['cache.maxStaleMs', options.cache?.maxStaleMs, 0, 86_400_000],
    ['cache.retryMs', options.cache?.retryMs, 0, 86_400_000],
    ['cache.maxTenants', options.cache?.maxTenants, 1, 10_000_000],
  ];
  for (const [name, value, least, most] of whole) {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) continue;
    throw new QuotaConfigurationError(
      `${name} must be an integer from ${least} to ${most}, got ${String(value)}`,
    );
  }
  const parts: readonly [string, number | undefined, number][] = [
    ['retryJitter', options.retryJitter, 1],
    ['cache.jitter', options.cache?.jitter, 0.5],
  ];
  for (const [name, value, most] of parts) {
    if (value === undefined || (value >= 0 && value <= most)) continue;
    throw new QuotaConfigurationError(`${name} must be from 0 to ${most}, got ${String(value)}`);
  }
}
