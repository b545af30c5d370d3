import { Inject, Injectable } from '@nestjs/common';
import type { JobEvents, JobState, JobTransition } from 'fairshare/queue';
import { Environment } from '../config/environment.js';
import { jobsChannel } from '../signals/channels.js';
import { RedisSignals } from '../signals/redis-signals.js';
import { JobJournal } from './job-journal.js';

/** Journals every change of a job, then tells all nodes of it. */
@Injectable()
export class JobBroadcast implements JobEvents {
  constructor(
    private readonly journal: JobJournal,
    private readonly signals: RedisSignals,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  async onTransition(transition: JobTransition): Promise<void> {
    await this.journal.onTransition(transition);
    await this.tell(transition.job, transition.to);
  }

  /** Of a change that is journaled already. */
  async tell(
    { jobId, tenantId }: { readonly jobId: string; readonly tenantId: string },
    to: JobState,
  ): Promise<void> {
    const channel = jobsChannel(this.environment.REDIS_KEY_PREFIX, tenantId);
    // A hint that is lost is made up for by the next look; the journal is what counts.
    await this.signals.tell(channel, `${jobId} ${to}`);
  }
}
