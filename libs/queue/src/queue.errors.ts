/** Root of everything the queue throws. */
export abstract class QueueError extends Error {
  abstract readonly code: string;
  /** The same call may succeed later. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An argument is not what the call takes. */
export class InvalidJobError extends QueueError {
  readonly code = 'invalid_job';
  readonly retryable = false;
}

/** The options of a queue, a worker or a handler are wrong; stops the boot. */
export class QueueConfigurationError extends QueueError {
  readonly code = 'queue_misconfigured';
  readonly retryable = false;
}

/** Redis did not answer in time or at all; whether the call took effect is unknown, and repeating it is safe. */
export class QueueUnavailableError extends QueueError {
  readonly code: 'queue_unavailable' | 'queue_overloaded' = 'queue_unavailable';
  readonly retryable = true;
}

/** The time is over, and this process was held up while it waited: that says nothing of Redis. */
export class QueueOverloadedError extends QueueUnavailableError {
  override readonly code = 'queue_overloaded';
}

/** The run's lease lapsed and another run may have begun: its outcome is refused. */
export class LeaseLostError extends QueueError {
  readonly code = 'lease_lost';
  readonly retryable = false;
}

/** The job was cancelled while it ran: the reason of its AbortSignal. */
export class JobCancelledError extends QueueError {
  readonly code = 'job_cancelled';
  readonly retryable = false;
}

/** The run took longer than it may. */
export class RunTimeoutError extends QueueError {
  readonly code = 'run_timeout';
  readonly retryable = true;
}

/** A port of the application did not answer within a lease. */
export class PortSilentError extends QueueError {
  readonly code = 'port_silent';
  readonly retryable = true;
}

/** The worker stops: the job goes back to its line. */
export class WorkerStoppingError extends QueueError {
  readonly code = 'worker_stopping';
  readonly retryable = true;
}

/**
 * Thrown by a handler that could not work through no fault of its job: the job returns to the head of its line, spends no
 * attempt, and its tenant is tried again after a pause.
 */
export class RetryLaterError extends QueueError {
  readonly code = 'retry_later';
  readonly retryable = true;

  constructor(
    /** Shown as what the line waits for; 256 bytes at most are kept. */
    readonly reason: string,
    /** In ms. */
    readonly afterMs: number,
    options?: ErrorOptions,
  ) {
    super(`It is tried again later: ${reason}`, options);
  }
}

/** Thrown by a handler: no retry can help, the job is dead at once. */
export class UnrecoverableJobError extends QueueError {
  readonly code = 'unrecoverable';
  readonly retryable = false;
}

/** A gate that is full, or whose tenant already waits too often. */
export class GateFullError extends QueueError {
  readonly code: 'gate_full' | 'gate_tenant_full';
  readonly retryable = true;

  constructor(
    code: 'gate_full' | 'gate_tenant_full',
    /** The bound that was reached. */
    readonly limit: number,
  ) {
    super(
      code === 'gate_full'
        ? `${limit} requests wait already`
        : `The tenant has ${limit} requests waiting already`,
    );
    this.code = code;
  }
}
