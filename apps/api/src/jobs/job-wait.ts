import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { JobCancellation } from './job-cancellation.js';
import { hasEnded, JobJournal, type JobRow } from './job-journal.js';

export interface JobWaitRequest {
  readonly jobId: string;
  readonly tenantId: string;
  /** How long to wait, in ms. */
  readonly timeoutMs: number;
  /** Aborts when nobody waits any more. */
  readonly gone: AbortSignal;
}

/** Holds answers until their jobs have ended, on whichever node; a node that shuts down holds none. */
@Injectable()
export class JobWait implements BeforeApplicationShutdown {
  private readonly closing = new AbortController();

  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    private readonly cancellation: JobCancellation,
  ) {}

  /** The job once it has ended; undefined when time is up first. Cancels it, and rejects, when the client leaves. */
  async ended({ jobId, tenantId, timeoutMs, gone }: JobWaitRequest): Promise<JobRow | undefined> {
    const signal = AbortSignal.any([gone, this.closing.signal]);
    // A queue that cannot be watched takes nothing back: the job was accepted, and is answered as such.
    await this.queue.finished({ jobId, tenantId, timeoutMs, signal }).catch(() => undefined);
    if (gone.aborted) {
      await this.cancellation.cancel({ jobId, tenantId });
      throw gone.reason as Error;
    }
    const row = await this.journal.find(jobId, tenantId).catch(() => null);
    return row && hasEnded(row.state) ? row : undefined;
  }

  beforeApplicationShutdown(): void {
    this.closing.abort(new Error('This node shuts down'));
  }
}
