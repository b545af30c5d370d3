import { shortened } from './shortened.js';

/** A detail may quote what was sent; an answer must not grow with the request. */
const MOST_DETAIL = 1_000;
const MOST_INSTANCE = 256;

/** Every kind of refusal, its HTTP status and its title. The only table that knows statuses. */
export const problemTypes = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'No valid identity' },
  forbidden: { status: 403, title: 'Not allowed' },
  tenant_suspended: { status: 403, title: 'The tenant is suspended' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'In conflict with the present state' },
  precondition_failed: { status: 412, title: 'Changed in the meantime' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The path is too long' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  context_exceeded: { status: 422, title: 'More than the model can take' },
  cost_exceeds_limit: { status: 422, title: 'It does not fit, and waiting does not help' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key belongs to another request' },
  quota_exceeded: { status: 429, title: 'Quota exceeded' },
  queue_full: { status: 429, title: 'The queue is full' },
  too_many_requests: { status: 429, title: 'Too many requests that spend no quota' },
  too_many_attempts: { status: 429, title: 'Too many wrong keys' },
  too_many_streams: { status: 429, title: 'Too many streams are open' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something failed inside' },
  upstream_failed: { status: 502, title: 'The upstream failed' },
  overloaded: { status: 503, title: 'This node has too much to do' },
  unavailable: { status: 503, title: 'Not available now' },
  upstream_timeout: { status: 504, title: 'The upstream did not answer in time' },
} as const;

export type ProblemCode = keyof typeof problemTypes;

export interface ProblemExtra {
  /** Members added to the problem document, in snake_case. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal that its receiver should read: becomes application/problem+json (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    /** What happened and what to do next. */
    detail: string,
    readonly extra: ProblemExtra = {},
  ) {
    super(shortened(detail, MOST_DETAIL));
    this.name = 'Problem';
  }

  get status(): number {
    return problemTypes[this.code].status;
  }

  toDocument(instance: string): Record<string, unknown> {
    const { status, title } = problemTypes[this.code];
    return {
      type: `urn:fairshare:problem:${this.code.replaceAll('_', '-')}`,
      title,
      status,
      code: this.code,
      detail: this.message,
      instance: shortened(instance, MOST_INSTANCE),
      ...this.extra.fields,
    };
  }
}
