import { Injectable } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { JobJournal } from '../jobs/job-journal.js';
import type { Comparison, Pass } from './pass.js';

/** Dead jobs can be requeued as long as the queue keeps them: it learns again of those that it forgot. */
@Injectable()
export class CompareDead implements Comparison {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
  ) {}

  async compare(pass: Pass): Promise<void> {
    const since = new Date(Date.now() - this.queue.options.keepDeadMs);
    for await (const jobs of this.journal.dead(since)) {
      const standings = await this.queue.standingOf(jobs);
      for (const [index, job] of jobs.entries()) {
        if (standings[index] !== 'unknown') continue;
        const { error, diedAt } = job;
        await pass.found('dead_job_forgotten', job.jobId, () =>
          this.queue.restoreDead(job, { error, diedAtMs: diedAt.getTime() }),
        );
      }
    }
  }
}
