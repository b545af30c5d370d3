import { Injectable } from '@nestjs/common';
import type { UsageEvent, UsageRecorder } from 'fairshare/quota';

/**
 * Tells when a tenant that waits for quota got some back. An operation that was settled or cancelled is told for a tenant
 * that was denied in this process, until the first such event, so that it costs nothing otherwise. What makes counters
 * smaller by itself (a reset, a report of a level) is always told: the worker that was denied may be another process.
 */
@Injectable()
export class FreedQuota implements UsageRecorder {
  private readonly watched = new Set<string>();
  private listener: (tenantId: string) => void = () => undefined;

  watch(tenantId: string): void {
    this.watched.add(tenantId);
  }

  onFreed(listener: (tenantId: string) => void): void {
    this.listener = listener;
  }

  recorded({ tenantId, verb }: UsageEvent): void {
    const isLowered = verb === 'reset' || verb === 'adjust';
    if (!isLowered && verb !== 'settle' && verb !== 'cancel') return;
    if (this.watched.delete(tenantId) || isLowered) this.listener(tenantId);
  }
}
