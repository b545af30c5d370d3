import { Problem } from '../problems/problem.js';
import { wholeSeconds } from '../problems/whole-seconds.js';
import { UpstreamError, UpstreamInvalidRequestError, UpstreamTimeoutError } from './upstream.errors.js';

/** What the caller is told of an error of the upstream. */
export function upstreamProblem(error: unknown): Problem | undefined {
  if (!(error instanceof UpstreamError)) return undefined;
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
