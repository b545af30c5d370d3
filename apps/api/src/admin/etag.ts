import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';

/** A row that changes its version with every change. */
interface Versioned {
  readonly version: bigint | number;
}

/** A strong validator (RFC 9110, 8.8.3). */
export function etagOf({ version }: Versioned): string {
  return `"${version}"`;
}

export function tagAnswer(reply: FastifyReply, row: Versioned): void {
  void reply.header('ETag', etagOf(row));
}

/**
 * Refuses a change of what somebody else has changed meanwhile: `If-Match`, where it is sent, must be the ETag that the
 * caller read. Read the row FOR UPDATE, or two changes may both find it as they read it.
 */
export function checkIfMatch(request: FastifyRequest, row: Versioned): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  const current = etagOf(row);
  if (wanted.split(',').some((tag) => tag.trim() === current)) return;
  throw new Problem(
    'precondition_failed',
    `This was changed since you read it: it is ${current} now. Read it again and repeat your change.`,
    { headers: { ETag: current } },
  );
}
