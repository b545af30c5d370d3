import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { JobCancellation } from '../../jobs/job-cancellation.js';
import { knownTenant } from '../changes/known-names.js';
import type { Command, CommandDoer, Order, Progress, Step } from './command.js';
import { jobsOf } from './queue-standing.js';
import { TenantsWithJobs } from './tenants-with-jobs.js';

/** Cancels every job of a tenant, or of all tenants one after the other, some dozens in a step. */
@Injectable()
export class PurgeQueue implements CommandDoer {
  readonly actions = ['queue.purge'] as const;

  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
    private readonly cancellation: JobCancellation,
    private readonly tenants: TenantsWithJobs,
  ) {}

  async check({ tenantId }: Order): Promise<void> {
    if (tenantId !== null) await knownTenant(this.prisma, tenantId);
  }

  look({ tenantId }: Order): Promise<Record<string, number>> {
    return jobsOf(this.queue, tenantId);
  }

  foresee(_order: Order, before: Record<string, unknown>): Record<string, unknown> {
    return { ...before, waiting: 0, delayed: 0, dead: 0 };
  }

  async step(command: Command): Promise<Step> {
    const { tenantId, progress } = command;
    const next =
      tenantId ?? (await this.tenants.after(progress.cursor, ['waiting', 'running', 'failed', 'dead']));
    if (next === undefined) return { progress, isLast: true };
    const { jobIds, more } = await this.queue.purgeSome(next);
    const removed = await this.cancellation.removed(next, jobIds);
    if (more) return { progress: plus(progress, { removed }), isLast: false };
    // A step whose answer was lost has taken jobs out of the queue, and the journal does not know.
    const missed = command.attempts > 1 ? await this.cancellation.missing(next, command.createdAt) : 0;
    const stopping = await this.cancellation.stopRunning(next);
    const done = plus(progress, { removed: removed + missed, stopping });
    return tenantId === null
      ? { progress: { ...done, cursor: next }, isLast: false }
      : { progress: done, isLast: true };
  }
}

export function plus(
  progress: Progress,
  { removed = 0, stopping = 0 }: { removed?: number; stopping?: number },
): Progress {
  return {
    ...progress,
    removed: (progress.removed ?? 0) + removed,
    stopping: (progress.stopping ?? 0) + stopping,
  };
}
