import type { JobAdmission } from '../job-admission.js';
import type { JobEvents } from '../job-events.js';
import type { JobFaults } from '../job-faults.js';
import type { ResolvedQueueOptions, ResolvedWorkerOptions } from '../queue.options.js';
import type { JobRunner } from './job-handler.js';

/** What every run of a worker needs. */
export interface RunParts {
  readonly runners: ReadonlyMap<string, JobRunner>;
  readonly admission: JobAdmission | undefined;
  readonly events: JobEvents | undefined;
  readonly faults: JobFaults;
  readonly queue: ResolvedQueueOptions;
  readonly worker: ResolvedWorkerOptions;
  readonly onError: (error: unknown) => void;
  /** Admission answered. */
  readonly askedWell: () => void;
  /** It did not; returns how often in a row now. */
  readonly askedInVain: () => number;
}
