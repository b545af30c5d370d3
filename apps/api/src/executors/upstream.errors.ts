/** Root of what an upstream call ends in but an answer. Never carries the upstream's own text: it may repeat a key. */
export abstract class UpstreamError extends Error {
  /** The same call may succeed later. */
  abstract readonly retryable: boolean;
  /** What is charged for the query all the same, by resource; undefined: nothing. Set by who runs it. */
  charged?: Readonly<Record<string, number>>;

  constructor(
    message: string,
    /** How long the upstream asked us to wait, in ms; undefined where it did not say. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** It answered with an error. */
export class UpstreamRefusedError extends UpstreamError {
  readonly code = 'upstream_refused';
  readonly retryable: boolean;

  constructor(
    readonly status: number,
    retryAfterMs?: number,
  ) {
    super(`The upstream answered ${status}`, retryAfterMs);
    this.retryable = [408, 409, 429].includes(status) || status >= 500;
  }
}

/** It could not be reached, or broke off. */
export class UpstreamUnreachableError extends UpstreamError {
  readonly code = 'upstream_unreachable';
  readonly retryable = true;
}

/** It answered, and what it said is no answer. */
export class UpstreamNonsenseError extends UpstreamError {
  readonly code = 'upstream_nonsense';
  readonly retryable = false;
}

/** The total deadline is over. */
export class UpstreamTimeoutError extends UpstreamError {
  readonly code = 'upstream_timeout';
  readonly retryable = true;
}
