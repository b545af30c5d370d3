/**
 * transient: connection, deadline, busy; the same call may succeed later without any change. permanent: it never will.
 * unknown: cannot be told from the error; it is tried a few times and then taken for permanent.
 */
export type Fault = 'transient' | 'permanent' | 'unknown';

/**
 * Port: tells the worker which errors of `JobAdmission` and `JobEvents` may pass by themselves. What is permanent ends the
 * job as dead with its reason. Provide it under this token; without one an error's own `retryable` says.
 */
export const JobFaults = Symbol('JobFaults');
export interface JobFaults {
  /** Never throws. */
  faultOf(error: unknown): Fault;
}

export const faultsByRetryable: JobFaults = {
  faultOf(error) {
    const retryable = (error as { retryable?: unknown } | null | undefined)?.retryable;
    if (typeof retryable !== 'boolean') return 'unknown';
    return retryable ? 'transient' : 'permanent';
  },
};
