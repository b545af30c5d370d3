import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestTurns } from './request-turns.js';

/** Stands between the check of the body and the quota: a repeat with the same key reaches neither quota nor model. */
@Injectable()
export class IdempotencyGuard implements CanActivate {
  constructor(private readonly turns: RequestTurns) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    await this.turns.take(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
    return true;
  }
}
