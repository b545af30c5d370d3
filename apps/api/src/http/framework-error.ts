import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';

/** Answers what Fastify refuses while it looks for the route, before any hook of ours: paths that it cannot read. */
export function answerFrameworkError(
  error: { code: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem =
    error.code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? new Problem('uri_too_long', 'A part of the path is longer than any id of ours; check it.')
      : new Problem('invalid_request', 'The path cannot be read: it is not properly percent-encoded.');
  void reply
    .status(problem.status)
    .headers({ 'X-Request-Id': request.id, 'X-Content-Type-Options': 'nosniff' })
    .type('application/problem+json')
    .send(problem.toDocument(request.url.slice(0, 200).split('?')[0]!));
}
