import { Injectable } from '@nestjs/common';
import { FairQueue, InvalidJobError, type Standing } from 'fairshare/queue';
import { JobJournal, type JournaledJob } from '../jobs/job-journal.js';
import type { Comparison, Pass } from './pass.js';

/** A request that is accepted has its answer long before, in ms. */
const ACCEPTED_WITHIN_MS = 10_000;

/** Journal → queue: what the journal has live, the queue knows. Past every bound: it was accepted once. */
@Injectable()
export class CompareJournal implements Comparison {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
  ) {}

  async compare(pass: Pass): Promise<void> {
    for await (const jobs of this.journal.live()) {
      const standings = await this.queue.standingOf(jobs);
      const odd = jobs
        .map((job, index) => ({ job, standing: standings[index]! }))
        .filter(({ job, standing }) => job.isAccepting || !isLive(standing));
      // What has ended, or was told, since the page was read is in order.
      const rows = await this.journal.liveOf(odd.map(({ job }) => job.jobId));
      for (const { job, standing } of odd) {
        const row = rows.get(job.jobId);
        if (row) await this.settle(pass, row, standing);
      }
    }
  }

  private async settle(pass: Pass, job: JournaledJob, standing: Standing): Promise<void> {
    if (job.isAccepting) return this.resolve(pass, job, standing);
    if (standing === 'unknown') return this.bringBack(pass, job);
    if (isLive(standing)) return;
    // A requeue writes the journal first: what is only on its way is gone by the next pass.
    const { jobId, tenantId } = job;
    if (!pass.isConfirmed(`ended ${jobId}`)) return;
    await pass.found('job_end_not_journaled', jobId, async () => {
      const view = await this.queue.get({ jobId, tenantId });
      return view ? this.journal.takeEnd(view) : false;
    });
  }

  /** Nobody knows that its client was told. */
  private async resolve(pass: Pass, job: JournaledJob, standing: Standing): Promise<void> {
    const { jobId, createdAt } = job;
    if (createdAt.getTime() > Date.now() - ACCEPTED_WITHIN_MS) return;
    await pass.found('job_never_acknowledged', jobId, async () => {
      if (isLive(standing)) return this.journal.acknowledge([jobId]);
      // A memory that was lost since may have known it: then the client may have been told.
      if (standing === 'unknown' && pass.memory.since.getTime() + ACCEPTED_WITHIN_MS > createdAt.getTime()) {
        await this.restore(job);
        return this.journal.acknowledge([jobId]);
      }
      return this.journal.withdraw(jobId);
    });
  }

  private bringBack(pass: Pass, job: JournaledJob): Promise<void> {
    return pass.found('job_not_queued', job.jobId, () => this.restore(job));
  }

  private async restore(job: JournaledJob): Promise<boolean> {
    try {
      return await this.queue.restore(job);
    } catch (error) {
      if (!(error instanceof InvalidJobError)) throw error;
      // It can never run: that is its end.
      return this.journal.takeEnd({
        jobId: job.jobId,
        state: 'dead',
        finishedAtMs: Date.now(),
        error: { message: error.message, code: 'job_invalid' },
      });
    }
  }
}

function isLive(standing: Standing): boolean {
  return standing === 'waiting' || standing === 'running';
}
