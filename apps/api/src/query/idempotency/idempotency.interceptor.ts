import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { catchError, concatMap, from, map, type Observable, of } from 'rxjs';
import { turnOf } from './idempotency.guard.js';
import { KeyedRequests } from './keyed-requests.js';

/** Headers of a kept answer that a repeat gets again; the others tell of the moment. */
const KEPT_HEADERS = ['Location', 'Preference-Applied'];

/**
 * Keeps an answer that something was done for (200, 202), and gives it again. A refusal or a failure is not kept:
 * nothing was spent, and a repeat is decided anew.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly requests: KeyedRequests) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const http = context.switchToHttp();
    const turn = turnOf(http.getRequest<object>());
    if (!turn) return next.handle();
    const reply = http.getResponse<FastifyReply>();
    if ('answer' in turn) {
      const { status, headers, body } = turn.answer;
      void reply.status(status).headers(headers).header('Idempotency-Replayed', 'true');
      return of(body);
    }
    const { claimed } = turn;
    return next.handle().pipe(
      concatMap((body) => from(this.requests.keep(claimed, keptOf(reply, body))).pipe(map(() => body))),
      catchError((error: Error) =>
        from(this.requests.release(claimed)).pipe(
          map(() => {
            throw error;
          }),
        ),
      ),
    );
  }
}

function keptOf(reply: FastifyReply, body: unknown) {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  return { status: reply.statusCode, headers, body };
}
