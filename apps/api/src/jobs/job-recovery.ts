import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { FairQueue, InvalidJobError } from 'fairshare/queue';
import { JobJournal, type JournaledJob } from './job-journal.js';

/** Brings accepted jobs back from the journal at once when Redis lost its memory; the reconciler does the rest. */
@Injectable()
export class JobRecovery implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('JobRecovery');
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
  ) {}

  onApplicationBootstrap(): void {
    this.stopListening = this.queue.onLost(async () => void (await this.recover()));
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  /** Idempotent: a job that the queue knows is left as it is. Returns how many came back, past every bound. */
  async recover(): Promise<number> {
    let recovered = 0;
    for await (const jobs of this.journal.live()) {
      // Whether the others were accepted is for the reconciler to find out.
      const accepted = jobs.filter(({ isAccepting }) => !isAccepting);
      const restored = await Promise.all(accepted.map((job) => this.restore(job)));
      recovered += restored.filter(Boolean).length;
    }
    if (recovered > 0) this.logger.warn(`${recovered} accepted jobs came back from the journal`);
    return recovered;
  }

  /** A row that the queue can never take must not keep the others out. */
  private async restore(job: JournaledJob): Promise<boolean> {
    try {
      return await this.queue.restore(job);
    } catch (error) {
      if (!(error instanceof InvalidJobError)) throw error;
      this.logger.error(`The job ${job.jobId} cannot come back: ${error.message}`);
      return false;
    }
  }
}
