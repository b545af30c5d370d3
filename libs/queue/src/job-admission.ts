import type { Job, JobError, JsonValue } from './queue.types.js';

/**
 * Port: asks whether a claimed job may run now, for example whether its tenant has quota. Provide it under this token
 * anywhere in the application; without one every job is admitted.
 *
 * Each run is admitted, kept alive and settled: `admit` → `extend`* → `settle`. A worker that dies settles nothing, so
 * what `admit` holds must end by itself once `extend` stops coming.
 */
export const JobAdmission = Symbol('JobAdmission');
export interface JobAdmission {
  /**
   * Called after the claim, before the handler. It could not be asked (a transient fault, see `JobFaults`): the tenant is
   * parked for a moment and no attempt is spent. RetryLaterError parks it for as long as it says. A permanent fault ends the job as dead; any other counts as an attempt.
   */
  admit(job: Job): Promise<Admission>;
  /** The run goes on and its lease now ends `leaseMs` from now. */
  extend?(job: Job, leaseMs: number): Promise<void>;
  /**
   * The run is over; it may have spent something whatever its end. Awaited before the job's end is recorded. A transient
   * rejection repeats it; a permanent one ends the job as dead.
   */
  settle?(job: Job, outcome: RunOutcome): Promise<void>;
}

export type Admission = Admitted | NotAdmitted | NeverAdmitted;

export interface Admitted {
  readonly admitted: true;
}

/** The job goes back to its place in line, uncharged, and the tenant is parked. */
export interface NotAdmitted {
  readonly admitted: false;
  /** When to try again, in ms since 1970 by the clock of `admit`; null = when `unpark` is called. */
  readonly retryAtMs: number | null;
  /** Shown by `explain`, up to 256 bytes. */
  readonly reason: string;
}

/** The job can never run as things stand: it ends as dead with this reason, and the line goes on. */
export interface NeverAdmitted {
  readonly admitted: false;
  readonly never: JobError;
}

export type RunOutcome =
  | {
      readonly state: 'succeeded';
      readonly result: JsonValue | undefined;
      /** What the handler reported, if it did. */
      readonly trueCost: number | undefined;
      readonly usage: unknown;
    }
  | {
      /**
       * `failed` will be retried; `waiting`: the worker stopped and the job goes back to its line; `lost`: the lease
       * lapsed, and the job is no longer this run's: only what the run spent counts.
       */
      readonly state: 'failed' | 'dead' | 'cancelled' | 'waiting' | 'lost';
      readonly error: JobError;
      readonly trueCost: number | undefined;
      readonly usage: unknown;
    };

/** Admits every job. */
export const admitAll: JobAdmission = { admit: async () => ({ admitted: true }) };
