import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  type Allowed,
  decisionOf,
  newOperationId,
  QuotaService,
  type TenantId,
  writeRateLimitHeaders,
} from 'fairshare/quota';

/** RateLimit headers of an answer that comes later than the decision they were first written for. */
@Injectable()
export class QuotaHeaders {
  constructor(private readonly quota: QuotaService) {}

  /** Writes how the limits stand now; where that cannot be told, an answer in hand is worth more than its headers. */
  async refresh(reply: FastifyReply, tenantId: TenantId): Promise<void> {
    void reply.removeHeader('Retry-After');
    try {
      const { limits, decidedAtMs, mode } = await this.quota.status({ tenantId });
      const standing: Allowed = {
        allowed: true,
        operationId: newOperationId(),
        repeated: false,
        outcome: 'spent',
        leaseExpiresAtMs: null,
        wouldDeny: [],
        unlimited: decisionOf(reply.request)?.unlimited ?? [],
        limits,
        decidedAtMs,
        mode,
      };
      writeRateLimitHeaders(standing, (name, value) => void reply.header(name, value));
    } catch {
      // As above.
    }
  }
}
