import { Inject, Injectable } from '@nestjs/common';
import { type CancelReply, FairQueue, JobEvents } from 'fairshare/queue';
import { JobBroadcast } from './job-broadcast.js';
import { JobJournal } from './job-journal.js';

/** Cancels a job on whichever node it is: one that waits will not run, one that runs is told to stop. */
@Injectable()
export class JobCancellation {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    @Inject(JobEvents) private readonly events: JobEvents,
    private readonly broadcast: JobBroadcast,
  ) {}

  /** Journals jobs that were taken out of the queue before they ran, and tells their followers. */
  async removed(tenantId: string, jobIds: readonly string[]): Promise<number> {
    if (jobIds.length === 0) return 0;
    const cancelled = await this.journal.cancelAll(jobIds);
    await Promise.all(jobIds.map((jobId) => this.broadcast.tell({ jobId, tenantId }, 'cancelled')));
    return cancelled;
  }

  /** Journals as cancelled what waited at a time and the queue no longer knows. */
  async missing(tenantId: string, at: Date): Promise<number> {
    let found = 0;
    for await (const page of this.journal.waitingSince(tenantId, at)) {
      const views = await Promise.all(page.map((jobId) => this.queue.get({ jobId, tenantId })));
      found += await this.removed(
        tenantId,
        page.filter((_, index) => !views[index]),
      );
    }
    return found;
  }

  /** Tells every running job of the tenant to stop; returns how many run still. */
  stopRunning(tenantId: string): Promise<number> {
    return this.queue.stopRunning(tenantId, this.events);
  }

  async cancel(job: { readonly jobId: string; readonly tenantId: string }): Promise<CancelReply> {
    const reply = await this.queue.cancel(job, this.events);
    // The queue may have lost it: then the journal alone must know that it shall not come back.
    if (reply !== 'removed' && reply !== 'unknown') return reply;
    await this.journal.cancel(job.jobId);
    if (reply === 'unknown') await this.broadcast.tell(job, 'cancelled');
    return reply;
  }
}
