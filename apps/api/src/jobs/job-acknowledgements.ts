import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { JobJournal } from './job-journal.js';

const AGAIN_MS = 1_000;

/**
 * Notes in the journal which clients have been told of their jobs: those of one commit together, beside the requests. What a
 * process that dies has not noted, the reconciler resolves.
 */
@Injectable()
export class JobAcknowledgements implements OnApplicationShutdown {
  private readonly logger = new Logger('JobAcknowledgements');
  private waiting: string[] = [];
  private writing: Promise<void> | undefined;

  constructor(private readonly journal: JobJournal) {}

  add(jobId: string): void {
    this.waiting.push(jobId);
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    for (let isFailing = false; this.waiting.length > 0;) {
      const jobIds = this.waiting;
      this.waiting = [];
      try {
        await this.journal.acknowledge(jobIds);
      } catch (error) {
        // Once more at most: the reconciler finds them.
        if (isFailing) return;
        isFailing = true;
        this.logger.warn(`Acknowledged jobs are noted later: ${String(error)}`);
        this.waiting = [...jobIds, ...this.waiting];
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
      }
    }
  }
}
