import { type ArgumentsHost, Catch, type ExceptionFilter, Logger, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { allowedMethods } from './allowed-methods.js';
import { Problem } from '../problems/problem.js';
import { ProblemTable } from '../problems/problem-table.js';

// RFC 9110, 11.6.1: who is refused for want of an identity is told which one would do.
const CHALLENGE: Readonly<Record<number, Record<string, string>>> = {
  401: { 'WWW-Authenticate': 'Bearer realm="fairshare"' },
};

/** Answers every error as application/problem+json; only what nobody foresaw is logged, and never shown. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly problems: ProblemTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.raw.headersSent || reply.raw.destroyed) return;
    const problem =
      wrongMethod(error, request) ?? this.problems.problemOf(error) ?? this.unforeseen(error, request);
    // What the quota said of a denial is no longer true of another refusal.
    void reply
      .removeHeader('Retry-After')
      .status(problem.status)
      .headers({ ...CHALLENGE[problem.status], ...problem.extra.headers })
      .type('application/problem+json')
      .send(problem.toDocument(request.url.split('?')[0]!));
  }

  private unforeseen(error: unknown, request: FastifyRequest): Problem {
    const text = error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
    this.logger.error(`${request.method} ${JSON.stringify(request.url)} request ${request.id}: ${text}`);
    return new Problem(
      'internal',
      `Something failed on our side; tell the operator the request id ${request.id}.`,
    );
  }
}

/** A path that there is, asked with a method that it has not. */
function wrongMethod(error: unknown, request: FastifyRequest): Problem | undefined {
  if (!request.is404 || !(error instanceof NotFoundException)) return undefined;
  const methods = allowedMethods(request.server, request.url.split('?')[0]!);
  if (methods.length === 0)
    return new Problem('not_found', 'There is no such route; /openapi.json names every one.');
  const allow = methods.join(', ');
  return new Problem('method_not_allowed', `This path has no ${request.method}; it has ${allow}.`, {
    headers: { Allow: allow },
  });
}
