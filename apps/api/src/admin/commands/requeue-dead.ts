import { Inject, Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue, JobEvents } from 'fairshare/queue';
import { JobBroadcast } from '../../jobs/job-broadcast.js';
import { Problem } from '../../problems/problem.js';
import { knownTenant } from '../changes/known-names.js';
import type { Command, CommandDoer, Order, Step } from './command.js';
import { jobsOf } from './queue-standing.js';
import { TenantsWithJobs } from './tenants-with-jobs.js';

const FULL = 'Some dead jobs do not fit within the bounds of the queue; they stay dead.';

/** Gives dead jobs their attempts back: one, those of a tenant, or those of all tenants, some dozens in a step. */
@Injectable()
export class RequeueDead implements CommandDoer {
  readonly actions = ['queue.requeue'] as const;

  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
    private readonly tenants: TenantsWithJobs,
    @Inject(JobEvents) private readonly events: JobEvents,
    private readonly broadcast: JobBroadcast,
  ) {}

  async check({ tenantId, args }: Order): Promise<void> {
    if (tenantId !== null) await knownTenant(this.prisma, tenantId);
    if (!args?.job_id) return;
    const job = await this.queue.get({ jobId: args.job_id, tenantId: tenantId ?? undefined });
    if (!job) throw new Problem('not_found', 'The queue has no job of this id.');
    if (job.state !== 'dead') throw new Problem('conflict', `The job is not dead; it is ${job.state}.`);
  }

  look({ tenantId }: Order): Promise<Record<string, number>> {
    return jobsOf(this.queue, tenantId);
  }

  foresee({ args }: Order, before: Record<string, unknown>): Record<string, unknown> {
    const requeued = args?.job_id ? 1 : Number(before.dead);
    return { ...before, waiting: Number(before.waiting) + requeued, dead: Number(before.dead) - requeued };
  }

  async step({ tenantId, args, progress }: Command): Promise<Step> {
    if (args.job_id) return this.one(args.job_id, tenantId);
    const next = tenantId ?? (await this.tenants.after(progress.cursor, ['dead']));
    if (next === undefined) return { progress, isLast: true, ...(progress.full ? { leftOut: FULL } : {}) };
    const { jobIds, then } = await this.queue.requeueSome(next, this.events);
    await this.tell(next, jobIds);
    const done = {
      ...progress,
      requeued: (progress.requeued ?? 0) + jobIds.length,
      full: progress.full === true || then === 'full',
    };
    if (then === 'more') return { progress: done, isLast: false };
    if (tenantId === null) return { progress: { ...done, cursor: next }, isLast: false };
    return { progress: done, isLast: true, ...(done.full ? { leftOut: FULL } : {}) };
  }

  private async one(jobId: string, tenantId: string | null): Promise<Step> {
    const job = await this.queue.get({ jobId, tenantId: tenantId ?? undefined });
    const requeued = await this.queue.requeueDead({ jobId, tenantId: tenantId ?? undefined }, this.events);
    if (job && requeued === 1) await this.tell(job.tenantId, [jobId]);
    return { progress: { requeued }, isLast: true, ...(requeued === 0 ? { leftOut: FULL } : {}) };
  }

  /** Followers heard of it when the journal did, before the job had its place in line. */
  private async tell(tenantId: string, jobIds: readonly string[]): Promise<void> {
    await Promise.all(jobIds.map((jobId) => this.broadcast.tell({ jobId, tenantId }, 'waiting')));
  }
}
