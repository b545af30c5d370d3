import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, concatMap, from, map, type Observable, of } from 'rxjs';
import { decisionOf, reservationOf } from 'fairshare/quota';
import { goneSignal } from '../http/gone-signal.js';
import { IdempotentRoute } from '../http/idempotent.decorator.js';
import type { KeptAnswer } from './idempotency-store.js';
import { type KeyedOperation, TurnLostError } from './keyed-operation.js';
import { KeyedRequests, stillUnderWay } from './keyed-requests.js';
import { RequestTurns, turnOf } from './request-turns.js';

/** Headers of a kept answer that a repeat gets again; the others tell of the moment. */
const KEPT_HEADERS = ['Location', 'Preference-Applied'];

/**
 * Global, for the routes that say `@Idempotent()`. Keeps an answer that something was done for (200, 202), and gives it
 * again. A refusal or a failure is not kept: nothing was spent, and a repeat is decided again. The key is taken as soon
 * as it is clear that something is done: here, unless the quota has refused or the handler takes it; what may be queued
 * takes it with `begin`.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly requests: KeyedRequests,
    private readonly turns: RequestTurns,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler<unknown>): Promise<Observable<unknown>> {
    const taken = this.reflector.get(IdempotentRoute, context.getHandler());
    if (!taken) return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    // POST /query has its turn already: its guard stands before the quota.
    const turn = turnOf(request) ?? (await this.turns.take(request, reply));
    if (!turn) return next.handle();
    if ('answer' in turn) return of(replay(reply, turn.answer));
    const { operation } = turn;
    const begun = taken === 'before' ? this.beginAdmitted(request, operation) : Promise.resolve();
    return from(begun).pipe(
      concatMap(() => next.handle()),
      concatMap((body) => from(this.requests.keep(operation, keptOf(reply, body))).pipe(map(() => body))),
      catchError((error: Error) => from(this.failed(error, operation, reply))),
    );
  }

  private async beginAdmitted(request: object, operation: KeyedOperation): Promise<void> {
    if (decisionOf(request)?.allowed === false) return;
    try {
      await this.requests.begin(operation);
    } catch (error) {
      await reservationOf(request)
        ?.cancel()
        .catch(() => undefined);
      throw error;
    }
  }

  /** The answer of the node that was faster, or the error. */
  private async failed(error: Error, operation: KeyedOperation, reply: FastifyReply): Promise<unknown> {
    if (!(error instanceof TurnLostError)) {
      await this.requests.release(operation);
      throw error;
    }
    const turn = await this.requests.turnOf(operation.request, goneSignal(reply));
    if ('answer' in turn) return replay(reply, turn.answer);
    await this.requests.release(turn.operation);
    throw stillUnderWay();
  }
}

function replay(reply: FastifyReply, { status, headers, body }: KeptAnswer): unknown {
  void reply.status(status).headers(headers).header('Idempotency-Replayed', 'true');
  return body;
}

function keptOf(reply: FastifyReply, body: unknown) {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  return { status: reply.statusCode, headers, body };
}
