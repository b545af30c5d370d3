import type { JobEvents } from './job-events.js';
import type { Claim } from './store/records/claim.js';
import { toJob } from './store/records/job.js';

/** Tells the journal of a job that was taken out before it ran. */
export async function tellCancelled(queue: string, events: JobEvents, claim: Claim): Promise<void> {
  const error = { message: 'Cancelled before it ran', code: 'job_cancelled' };
  const job = toJob(queue, claim.record, { attempt: claim.attempts, token: claim.token });
  const from = claim.lastError === '' ? 'waiting' : 'failed';
  await events.onTransition({ job, from, to: 'cancelled', atMs: Date.now(), error });
}
