import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { type InvalidatedScope, LimitInvalidation, parseTenantId } from 'fairshare/quota';
import { UpstreamBreaker } from '../executors/upstream-breaker.js';
import { FreedQuota } from './freed-quota.js';

/** Unparks a tenant at once when its limits change, its quota is freed, or the upstream answers again; nobody polls for it. */
@Injectable()
export class QuotaWakesQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('QuotaWakesQueue');
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly queue: FairQueue,
    private readonly invalidation: LimitInvalidation,
    private readonly freed: FreedQuota,
    private readonly breaker: UpstreamBreaker,
  ) {}

  onApplicationBootstrap(): void {
    this.breaker.whenClosed(() => this.unpark('all'));
    this.freed.onFreed((tenantId) => this.unpark(parseTenantId(tenantId)));
    this.stopListening = this.invalidation.onInvalidated((scope) => this.unpark(scope));
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  private unpark(scope: InvalidatedScope): void {
    const done: Promise<unknown> = scope === 'all' ? this.queue.unparkAll() : this.queue.unpark(scope);
    done.catch((error: unknown) => {
      // Not lost: the tenant is parked until a known time at the latest.
      this.logger.warn(`A tenant could not be unparked: ${String(error)}`);
    });
  }
}
