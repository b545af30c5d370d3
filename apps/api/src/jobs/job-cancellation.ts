import { Inject, Injectable } from '@nestjs/common';
import { type CancelReply, FairQueue, JobEvents } from 'fairshare/queue';
import { JobJournal } from './job-journal.js';

/** Cancels a job on whichever node it is: one that waits will not run, one that runs is told to stop. */
@Injectable()
export class JobCancellation {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    @Inject(JobEvents) private readonly events: JobEvents,
  ) {}

  async cancel(job: { readonly jobId: string; readonly tenantId: string }): Promise<CancelReply> {
    const reply = await this.queue.cancel(job, this.events);
    // The queue may have lost it: then the journal alone must know that it shall not come back.
    if (reply === 'removed' || reply === 'unknown') await this.journal.cancel(job.jobId);
    return reply;
  }
}
