import { HttpException } from '@nestjs/common';
import { databaseFault, Prisma } from 'fairshare/prisma';
import { GateFullError, InvalidJobError, QueueUnavailableError } from 'fairshare/queue';
import {
  QuotaError,
  QuotaExceededError,
  QuotaUnavailableError,
  TenantSuspendedError,
  UnknownModelError,
  UnknownResourceError,
} from 'fairshare/quota';
import {
  UpstreamError,
  UpstreamInvalidRequestError,
  UpstreamTimeoutError,
} from '../executors/upstream.errors.js';
import { quotaProblem } from './quota-problem.js';
import { wholeSeconds } from './whole-seconds.js';
import { Problem, type ProblemCode, problemTypes } from './problem.js';

/** What the caller is told of an error; undefined for one that is our own fault. */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof QuotaExceededError) return quotaProblem(error.decision);
  if (error instanceof QuotaUnavailableError) return unavailable('The quota', error.retryAfterMs);
  if (error instanceof TenantSuspendedError) return new Problem('tenant_suspended', error.message);
  if (error instanceof UnknownResourceError) return unknownResourceProblem(error);
  if (error instanceof UnknownModelError) return unknownModelProblem(error);
  if (error instanceof QuotaError) return quotaErrorProblem(error);
  if (error instanceof GateFullError) {
    return new Problem('queue_full', 'Too many of your requests wait already; try again in a second.', {
      headers: { 'Retry-After': '1' },
    });
  }
  if (error instanceof UpstreamError) return upstreamProblem(error);
  if (error instanceof InvalidJobError) return new Problem('invalid_request', error.message);
  if (error instanceof QueueUnavailableError) return unavailable('The queue', 1_000);
  if (isOvertaken(error))
    return new Problem('conflict', 'Somebody else did the same at the same time; read the present state.');
  if (databaseFault(error) === 'transient') return unavailable('The database', 1_000);
  return httpProblem(error);
}

function quotaErrorProblem(error: QuotaError): Problem {
  const isIdentity = ['unknown_tenant', 'invalid_tenant_id', 'tenant_missing'].includes(error.code);
  // One answer for every bad identity: who guesses ids learns nothing.
  return isIdentity
    ? new Problem('unauthenticated', 'No tenant here has this id.')
    : new Problem('invalid_request', error.message);
}

function unknownModelProblem({ message }: UnknownModelError): Problem {
  return new Problem('invalid_request', `${message}.`, { fields: { errors: [{ field: 'model', message }] } });
}

function unknownResourceProblem({ message, reasons, known }: UnknownResourceError): Problem {
  const errors = reasons.map((reason) => ({ field: `cost.${reason.resource}`, message: reason.message }));
  return new Problem('invalid_request', message, { fields: { errors, resources: known } });
}

function upstreamProblem(error: UpstreamError): Problem {
  if (error instanceof UpstreamInvalidRequestError) {
    return new Problem('invalid_request', `${error.message}; ${chargedText(error)}, change the request.`, {
      fields: error.charged && { charged: error.charged },
    });
  }
  const next = error.retryable ? 'try again' : 'trying again will not help, tell the operator';
  const { retryAfterMs = 1_000 } = error;
  return new Problem(
    error instanceof UpstreamTimeoutError ? 'upstream_timeout' : 'upstream_failed',
    `${error.message}; ${chargedText(error)}, ${next}.`,
    {
      fields: error.charged && { charged: error.charged },
      headers: error.retryable ? { 'Retry-After': String(wholeSeconds(retryAfterMs)) } : {},
    },
  );
}

/** What went upstream is paid for, also where no answer came of it. */
function chargedText({ charged }: UpstreamError): string {
  if (!charged) return 'nothing was charged';
  return `charged for what it did: ${Object.entries(charged)
    .map(([resource, units]) => `${units} ${resource}`)
    .join(', ')}`;
}

function unavailable(what: string, retryAfterMs: number): Problem {
  return new Problem('unavailable', `${what} cannot be reached now; nothing is lost, try again.`, {
    headers: { 'Retry-After': String(wholeSeconds(retryAfterMs)) },
  });
}

/** A name taken, or a row gone, between our look and our write; or two writes that waited for each other. */
function isOvertaken(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientKnownRequestError &&
    ['P2002', 'P2003', 'P2025', 'P2034'].includes(error.code)
  );
}

const CODE_BY_STATUS = new Map<number, ProblemCode>(
  (Object.entries(problemTypes) as [ProblemCode, { status: number }][])
    .filter(
      ([code]) =>
        ![
          'tenant_suspended',
          'queue_full',
          'too_many_attempts',
          'too_many_requests',
          'cost_exceeds_limit',
          'idempotency_key_reused',
          'too_many_streams',
          'internal',
        ].includes(code),
    )
    .map(([code, { status }]) => [status, code]),
);

/** What Nest and Fastify throw: unknown routes, malformed JSON, large bodies. */
function httpProblem(error: unknown): Problem | undefined {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: number } | null)?.statusCode;
  if (status === undefined || status >= 500) return undefined;
  return new Problem(CODE_BY_STATUS.get(status) ?? 'invalid_request', (error as Error).message);
}
