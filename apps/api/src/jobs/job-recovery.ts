import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { JobJournal } from './job-journal.js';

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

  /** Idempotent: a job that the queue knows is left as it is. Returns how many came back. */
  async recover(): Promise<number> {
    let recovered = 0;
    for await (const job of this.journal.live()) {
      // What was accepted once is not refused now: its tenant's depth does not bind here.
      const reply = await this.queue.enqueue({ ...job, maxDepth: 1_000_000 });
      if (reply.accepted && !reply.duplicate) recovered++;
    }
    if (recovered > 0) this.logger.warn(`${recovered} accepted jobs came back from the journal`);
    return recovered;
  }
}
