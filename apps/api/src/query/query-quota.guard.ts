import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { QuotaGuard } from 'fairshare/quota';
import { QuotaHeaders } from '../quota/quota-headers.js';
import { tenantOf } from '../tenancy/tenant-resolver.js';
import { KeyedRequests } from '../idempotency/keyed-requests.js';
import { turnOf } from '../idempotency/request-turns.js';

/** The quota guard, but for a repeat whose answer is known: that one spends nothing and reads how things stand. */
@Injectable()
export class QueryQuotaGuard implements CanActivate {
  constructor(
    private readonly quota: QuotaGuard,
    private readonly headers: QuotaHeaders,
    private readonly requests: KeyedRequests,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<object>();
    const turn = turnOf(request);
    if (turn && 'answer' in turn) {
      await this.headers.refresh(http.getResponse<FastifyReply>(), tenantOf(request).tenantId);
      return true;
    }
    try {
      return await this.quota.canActivate(context);
    } catch (error) {
      if (turn) await this.requests.release(turn.operation);
      throw error;
    }
  }
}
