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
  readonly code = 'quota_unavailable';
  readonly retryable = true;

  constructor(
    readonly reason: 'deadline' | 'redis' | 'limits' | 'ledger',
    /** When to try again, in ms. */
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(`Quota cannot be decided now (${reason})`, options);
  }
}
