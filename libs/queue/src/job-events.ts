import type { Job, JobError, JobState, JsonValue } from './queue.types.js';

/**
 * Port: hears of every change of a job's state, to keep a durable journal. Provide it under this token anywhere in
 * the application; without one nothing is journaled.
 *
 * An end (`succeeded`, `dead`, `expired`, `cancelled` of a running job) is told and awaited BEFORE the queue records
 * it. A transient rejection (see `JobFaults`) repeats it, so `onTransition` must be idempotent; a permanent one ends the
 * job as dead, which is told in turn. `running` is told before the run begins: JobCancelledError says that it must not, and the
 * job ends as cancelled. Everything else is told after.
 */
export const JobEvents = Symbol('JobEvents');
export interface JobEvents {
  onTransition(transition: JobTransition): Promise<void>;
}

export interface JobTransition {
  readonly job: Job;
  readonly from: JobState;
  readonly to: JobState;
  readonly atMs: number;
  /** Of `succeeded`. */
  readonly result?: JsonValue;
  /** Of `failed`, `dead`, `cancelled`, `expired`. */
  readonly error?: JobError;
  /** Of `failed`: when it runs next. Of `waiting` after a refused admission: when its tenant is tried again. */
  readonly retryAtMs?: number | null;
}

/** Keeps no journal. */
export const ignoreEvents: JobEvents = { onTransition: async () => undefined };
