import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  parseOperationId,
  QuotaGuard,
  QuotaService,
  QuotaUnavailableError,
  type TenantId,
} from 'fairshare/quota';
import { QuotaHeaders } from '../quota/quota-headers.js';
import { tenantOf } from '../tenancy/tenant-resolver.js';
import type { KeyedOperation } from '../idempotency/keyed-operation.js';
import { KeyedRequests } from '../idempotency/keyed-requests.js';
import { turnOf } from '../idempotency/request-turns.js';

/** The quota guard, but for a repeat whose answer is known: that one spends nothing and reads how things stand. */
@Injectable()
export class QueryQuotaGuard implements CanActivate {
  constructor(
    private readonly guard: QuotaGuard,
    private readonly quota: QuotaService,
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
      return await this.guard.canActivate(context);
    } catch (error) {
      if (turn) await this.giveUp(tenantOf(request).tenantId, turn.operation, error);
      throw error;
    }
  }

  /** A repeat is an operation of its own: nobody uses a hold that was made though we were told nothing of it. */
  private async giveUp(tenantId: TenantId, operation: KeyedOperation, error: unknown): Promise<void> {
    if (error instanceof QuotaUnavailableError) {
      this.quota.abandon({ tenantId, operationId: parseOperationId(operation.operationId) });
    }
    await this.requests.release(operation);
  }
}
