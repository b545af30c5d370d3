import type { Job, JobView, JsonValue } from 'fairshare/queue';
import type { Cost } from 'fairshare/quota';
import type { QueryRequest } from '../executors/query-executor.js';

/** The name of the one kind of job that the service queues. */
export const QUERY_JOB = 'query';

/** What a queued query carries: what is asked, what it may cost at most, and its tenant's weight when it was accepted. */
export interface JobPayload {
  readonly plan: { readonly request: QueryRequest; readonly cost: Cost };
  readonly weight: number;
}

/** The payload as the queue keeps it. */
export function writePayload({ plan, weight }: JobPayload): JsonValue {
  return { plan: { request: { ...plan.request }, cost: { ...plan.cost } }, weight };
}

/** The payload of a job that `writePayload` wrote. */
export function readPayload({ payload }: Pick<Job | JobView, 'payload'>): JobPayload {
  return payload as unknown as JobPayload;
}
