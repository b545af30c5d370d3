import { Injectable } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { UsageWriter } from '../../usage/usage-writer.js';
import type { Command, CommandDoer, Order, Step } from './command.js';
import { plus } from './purge-queue.js';
import { jobsOf } from './queue-standing.js';

/** Takes what a removed tenant has left in Redis: its jobs, and its counters and holds. Its rows are gone by then. */
@Injectable()
export class ClearTenant implements CommandDoer {
  readonly actions = ['tenant.clear'] as const;

  constructor(
    private readonly queue: FairQueue,
    private readonly quota: QuotaService,
    private readonly usage: UsageWriter,
  ) {}

  async check(): Promise<void> {
    // The removal itself has checked that there is such a tenant.
  }

  look({ tenantId }: Order): Promise<Record<string, number>> {
    return jobsOf(this.queue, tenantId);
  }

  foresee(_order: Order, before: Record<string, unknown>): Record<string, unknown> {
    return { ...before, waiting: 0, delayed: 0, dead: 0 };
  }

  async step({ tenantId, progress }: Command): Promise<Step> {
    const { jobIds, more } = await this.queue.purgeSome(tenantId!);
    if (more) return { progress: plus(progress, { removed: jobIds.length }), isLast: false };
    const stopping = await this.queue.stopRunning(tenantId!);
    // Use that waits to be written is dropped now, while nobody has the id: a new tenant begins at zero.
    await this.usage.flush();
    await this.quota.forget(parseTenantId(tenantId!));
    return { progress: plus(progress, { removed: jobIds.length, stopping }), isLast: true };
  }
}
