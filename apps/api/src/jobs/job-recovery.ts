import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { FairQueue, InvalidJobError } from 'fairshare/queue';
import { JobJournal, type JournaledJob } from './job-journal.js';

/** Brings accepted jobs back from the journal at the start and whenever Redis lost its memory. */
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
    this.recover().catch((error: unknown) =>
      this.logger.warn(`Jobs could not be looked through at the start: ${String(error)}`),
    );
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  /** Idempotent: a job that the queue knows is left as it is. Returns how many came back, past every bound. */
  async recover(): Promise<number> {
    let recovered = 0;
    for await (const jobs of this.journal.live()) {
      const restored = await Promise.all(jobs.map((job) => this.restore(job)));
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
