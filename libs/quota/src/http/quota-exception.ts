import { HttpException, HttpStatus } from '@nestjs/common';
import {
  InvalidCostError,
  InvalidOperationIdError,
  InvalidTenantIdError,
  type QuotaError,
  QuotaUnavailableError,
  TenantMissingError,
  TenantSuspendedError,
  UnknownTenantError,
} from '../quota.errors.js';
import { QuotaExceededError } from '../quota-exceeded.error.js';

/** A quota error as an HttpException, for applications without a filter of their own; the error is its cause. */
export function toHttpException(error: QuotaError): HttpException {
  const body: Record<string, unknown> = {
    statusCode: statusOf(error),
    code: error.code,
    message: error.message,
  };
  if (error instanceof QuotaExceededError) {
    body.violations = error.violations;
    body.retryAfterMs = error.retryAfterMs;
  }
  return new HttpException(body, statusOf(error), { cause: error });
}

function statusOf(error: QuotaError): HttpStatus {
  if (error instanceof QuotaExceededError) return HttpStatus.TOO_MANY_REQUESTS;
  if (error instanceof QuotaUnavailableError) return HttpStatus.SERVICE_UNAVAILABLE;
  // A stranger must not learn which tenants exist.
  if (error instanceof TenantMissingError || error instanceof UnknownTenantError)
    return HttpStatus.UNAUTHORIZED;
  if (error instanceof InvalidTenantIdError) return HttpStatus.UNAUTHORIZED;
  if (error instanceof TenantSuspendedError) return HttpStatus.FORBIDDEN;
  if (error instanceof InvalidCostError || error instanceof InvalidOperationIdError)
    return HttpStatus.BAD_REQUEST;
  return HttpStatus.INTERNAL_SERVER_ERROR;
}
