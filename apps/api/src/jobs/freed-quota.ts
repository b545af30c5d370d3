import { Injectable } from '@nestjs/common';
import type { UsageEvent, UsageRecorder } from 'fairshare/quota';

/**
 * Tells when a tenant that waits for quota got some back: an operation of it was settled or cancelled.
 * A tenant is watched from its denial until the first such event, so that it costs nothing otherwise.
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
    if (verb !== 'settle' && verb !== 'cancel' && verb !== 'reset' && verb !== 'adjust') return;
    if (this.watched.delete(tenantId)) this.listener(tenantId);
  }
}
