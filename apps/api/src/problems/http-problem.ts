import { HttpException } from '@nestjs/common';
import { Problem, type ProblemCode, problemTypes } from './problem.js';

const CODE_BY_STATUS = new Map<number, ProblemCode>(
  (Object.entries(problemTypes) as [ProblemCode, { status: number }][])
    .filter(
      ([code]) =>
        ![
          'tenant_suspended',
          'queue_full',
          'too_many_attempts',
          'too_many_requests',
          'context_exceeded',
          'cost_exceeds_limit',
          'idempotency_key_reused',
          'too_many_streams',
          'internal',
        ].includes(code),
    )
    .map(([code, { status }]) => [status, code]),
);

/** What Nest and Fastify throw: unknown routes, malformed JSON, large bodies. */
export function httpProblem(error: unknown): Problem | undefined {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: number } | null)?.statusCode;
  if (status === undefined || status >= 500) return undefined;
  return new Problem(CODE_BY_STATUS.get(status) ?? 'invalid_request', (error as Error).message);
}
