import type { JobAdmission } from '../job-admission.js';
import type { JobEvents } from '../job-events.js';
import type { FairQueue } from '../fair-queue.js';
import {
  type QueueWorkerOptions,
  type ResolvedWorkerOptions,
  resolveWorkerOptions,
} from '../queue.options.js';
import type { JobRunner } from './job-handler.js';

export interface QueueWorkerParts {
  readonly queue: FairQueue;
  /** By job name. */
  readonly runners: ReadonlyMap<string, JobRunner>;
  /** Default: every job is admitted. */
  readonly admission?: JobAdmission;
  /** Default: no journal. */
  readonly events?: JobEvents;
  /** Default: the worker's share of what went wrong is ignored. */
  readonly onError?: (error: unknown) => void;
}

/** Claims and runs jobs from start() until stop(). */
export class QueueWorker {
  readonly options: ResolvedWorkerOptions;

  constructor(
    readonly parts: QueueWorkerParts,
    options: QueueWorkerOptions = {},
  ) {
    this.options = resolveWorkerOptions(options);
  }

  start(): void {
    throw new Error('not yet');
  }

  /** Claims no more; running jobs get `drainMs`, then go back to their line. */
  async stop(): Promise<void> {
    throw new Error('not yet');
  }

  /** For tests: runs what can run now, up to `max` jobs (default 1), to its end; returns how many ran. */
  async runOnce(_max = 1): Promise<number> {
    throw new Error('not yet');
  }
}
