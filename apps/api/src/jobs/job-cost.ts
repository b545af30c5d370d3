import type { Job, JobView } from 'fairshare/queue';
import type { Cost } from 'fairshare/quota';
import type { QueryJobPayload } from '../query/query.job.js';

/** What a queued job may cost at most, by resource. */
export function costOfJob({ payload }: Pick<Job | JobView, 'payload'>): Cost {
  return (payload as unknown as QueryJobPayload).plan.cost;
}
