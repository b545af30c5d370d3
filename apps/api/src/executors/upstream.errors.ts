/**
 * Root of what an upstream call ends in but an answer. Carries none of the upstream's own text, which may repeat a key,
 * but for what is wrong with the client's request, without keys.
 */
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
    /** What the upstream says of a retry; by default its status tells. */
    retryable = [408, 409, 429].includes(status) || status >= 500,
  ) {
    super(`The upstream answered ${status}`, retryAfterMs);
    this.retryable = retryable;
  }
}

/** It answered that the request itself is wrong: its client can mend it. */
export class UpstreamInvalidRequestError extends UpstreamError {
  readonly code = 'invalid_request';
  readonly retryable = false;

  constructor(status: number, fault: string) {
    super(`The upstream answered ${status}${fault && `: ${fault}`}`);
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
