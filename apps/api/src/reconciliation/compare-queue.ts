import { Injectable } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { JobJournal } from '../jobs/job-journal.js';
import type { Comparison, Pass } from './pass.js';

/**
 * Queue → journal: what waits in the queue is live in the journal. What runs is left to its worker, which asks the journal
 * when it begins, and tells it the end before it tells the queue.
 */
@Injectable()
export class CompareQueue implements Comparison {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
  ) {}

  async compare(pass: Pass): Promise<void> {
    for await (const jobIds of this.queue.liveIds()) {
      const rows = await this.journal.liveOf(jobIds);
      for (const jobId of jobIds) if (!rows.has(jobId)) await this.end(pass, jobId);
    }
  }

  private async end(pass: Pass, jobId: string): Promise<void> {
    if (!pass.isConfirmed(`without row ${jobId}`)) return;
    const view = await this.queue.get({ jobId });
    if (!view || (view.state !== 'waiting' && view.state !== 'failed')) return;
    if ((await this.journal.liveOf([jobId])).has(jobId)) return;
    await pass.found('queued_without_row', jobId, async () => {
      const reply = await this.queue.cancel({ jobId, tenantId: view.tenantId });
      return reply === 'removed' || reply === 'requested';
    });
  }
}
