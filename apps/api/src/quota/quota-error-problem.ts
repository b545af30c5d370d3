import {
  QuotaError,
  QuotaExceededError,
  QuotaOverloadedError,
  QuotaUnavailableError,
  TenantSuspendedError,
  UnknownModelError,
  UnknownResourceError,
} from 'fairshare/quota';
import { overloaded } from '../problems/overloaded.js';
import { Problem } from '../problems/problem.js';
import { quotaProblem } from '../problems/quota-problem.js';
import { unavailable } from '../problems/unavailable.js';

/** What the caller is told of an error of the quota. */
export function quotaErrorProblem(error: unknown): Problem | undefined {
  if (!(error instanceof QuotaError)) return undefined;
  if (error instanceof QuotaExceededError) return quotaProblem(error.decision);
  if (error instanceof QuotaOverloadedError) return overloaded();
  if (error instanceof QuotaUnavailableError) return unavailable('The quota', error.retryAfterMs);
  if (error instanceof TenantSuspendedError) return new Problem('tenant_suspended', error.message);
  if (error instanceof UnknownResourceError) return unknownResourceProblem(error);
  if (error instanceof UnknownModelError) return unknownModelProblem(error);
  return identityProblem(error) ?? new Problem('invalid_request', error.message);
}

/** One answer for every bad identity: who guesses ids learns nothing. */
function identityProblem({ code }: QuotaError): Problem | undefined {
  return ['unknown_tenant', 'invalid_tenant_id', 'tenant_missing'].includes(code)
    ? new Problem(
        'unauthenticated',
        'No tenant here has this id. X-Tenant-ID takes it in UTF-8, and not percent-encoded.',
      )
    : undefined;
}

function unknownModelProblem({ message }: UnknownModelError): Problem {
  return new Problem('invalid_request', `${message}.`, { fields: { errors: [{ field: 'model', message }] } });
}

function unknownResourceProblem({ message, reasons, known }: UnknownResourceError): Problem {
  const errors = reasons.map((reason) => ({ field: `cost.${reason.resource}`, message: reason.message }));
  return new Problem('invalid_request', message, { fields: { errors, resources: known } });
}
