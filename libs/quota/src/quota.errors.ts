import { closest } from './closest.js';

/** Root of everything the quota library throws. A refusal by quota is a value, not an error; only the guard throws it. */
export abstract class QuotaError extends Error {
  /** Stable name for programs and problem documents. */
  abstract readonly code: string;
  /** The same call may succeed later without any change. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A tenant id is not 1 to 128 printable characters. */
export class InvalidTenantIdError extends QuotaError {
  readonly code = 'invalid_tenant_id';
  readonly retryable = false;
}

/** An operation id is not 1 to 64 characters of `A-Z a-z 0-9 _ . : -`. */
export class InvalidOperationIdError extends QuotaError {
  readonly code = 'invalid_operation_id';
  readonly retryable = false;
}

/** A cost is not a record of non-negative safe integers. */
export class InvalidCostError extends QuotaError {
  readonly code = 'invalid_cost';
  readonly retryable = false;
}

const MOST_NAMED = 10;
const MOST_CHARACTERS = 64;

/** A cost names a resource that no limit of any tier counts: a misspelling, or a limit's name. */
export class UnknownResourceError extends QuotaError {
  readonly code = 'unknown_resource';
  readonly retryable = false;
  /** What is wrong with each of the first 10, in a sentence. */
  readonly reasons: readonly { readonly resource: string; readonly message: string }[];

  constructor(
    unknown: readonly string[],
    /** The resources that exist. */
    readonly known: readonly string[],
    limits: readonly { readonly name: string; readonly resource: string }[] = [],
  ) {
    const reasons = unknown.slice(0, MOST_NAMED).map((resource) => ({
      resource: shortened(resource),
      message: reasonOf(resource, known, limits),
    }));
    const rest = unknown.length > MOST_NAMED ? ` ${unknown.length - MOST_NAMED} more are unknown.` : '';
    super(
      `${reasons.map(({ message }) => message).join(' ')}${rest} The resources are ${known.join(', ') || 'none'}.`,
    );
    this.reasons = reasons;
  }
}

function reasonOf(
  resource: string,
  known: readonly string[],
  limits: readonly { readonly name: string; readonly resource: string }[],
): string {
  const limit = limits.find(({ name }) => name === resource);
  if (limit) {
    return `${JSON.stringify(resource)} is the name of a limit; the resource that it counts is ${JSON.stringify(limit.resource)}.`;
  }
  const near = closest(resource, known);
  const hint = near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
  return `No limit counts a resource ${JSON.stringify(shortened(resource))}.${hint}`;
}

function shortened(name: string): string {
  return name.length > MOST_CHARACTERS
    ? `${name.slice(0, MOST_CHARACTERS - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
    : name;
}

/** No row weighs the model, and the operator's rule is to refuse it. */
export class UnknownModelError extends QuotaError {
  readonly code = 'unknown_model';
  readonly retryable = false;

  constructor(readonly model: string) {
    super(`No model here is named ${JSON.stringify(shortened(model))}; the operator has to add it first`);
  }
}

/** A request to the service is wrong in another way: a lease out of range, an unknown limit name. */
export class InvalidQuotaRequestError extends QuotaError {
  readonly code = 'invalid_quota_request';
  readonly retryable = false;
}

/** The options of the module or a limit's definition are wrong; stops the boot. */
export class QuotaConfigurationError extends QuotaError {
  readonly code = 'quota_misconfigured';
  readonly retryable = false;
}

/** The limit source knows no such tenant. */
export class UnknownTenantError extends QuotaError {
  readonly code = 'unknown_tenant';
  readonly retryable = false;

  constructor(readonly tenantId: string) {
    super(`No tenant is named ${JSON.stringify(tenantId)}`);
  }
}

/** The tenant is suspended: nothing is spent or set aside for it. */
export class TenantSuspendedError extends QuotaError {
  readonly code = 'tenant_suspended';
  readonly retryable = false;

  constructor(readonly tenantId: string) {
    super(`Tenant ${JSON.stringify(tenantId)} is suspended`);
  }
}

/** A guarded request names no tenant. */
export class TenantMissingError extends QuotaError {
  readonly code = 'tenant_missing';
  readonly retryable = false;
}

/**
 * Redis or the limit source did not answer in time or refused. Whether the call took effect is unknown; repeating it
 * with the same operation id is safe.
 */
export class QuotaUnavailableError extends QuotaError {
  readonly code: 'quota_unavailable' | 'quota_overloaded' = 'quota_unavailable';
  readonly retryable = true;

  constructor(
    readonly reason: 'deadline' | 'overloaded' | 'redis' | 'limits' | 'ledger',
    /** When to try again, in ms. */
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(`Quota cannot be decided now (${reason})`, options);
  }
}

/** The deadline is over, and this process was held up while it waited: that says nothing of Redis. */
export class QuotaOverloadedError extends QuotaUnavailableError {
  override readonly code = 'quota_overloaded';

  constructor(retryAfterMs: number) {
    super('overloaded', retryAfterMs);
  }
}
