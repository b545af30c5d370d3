import type { Explanation, WhyNotRunning } from 'fairshare/queue';
import { isoOrNull } from '../problems/quota-problem.js';

export interface StartEstimate {
  readonly estimated_start_at: string | null;
  /** Why there is none, as a sentence; null where there is one. */
  readonly estimate_unknown_because: string | null;
}

const HELD_BACK: Partial<Record<WhyNotRunning, string>> = {
  paused: 'The tenant is paused; nobody knows when an operator resumes it.',
  queue_paused: 'All tenants are paused; nobody knows when an operator resumes them.',
  parked: 'The tenant waits for an event that no clock tells, such as a change of its limits.',
};

/**
 * When a job should start. Only the first of a line has a time: how much quota is left when the jobs before a later one
 * have started is not known, so that no later place is ever promised before an earlier one. `notBeforeMs`: when quota admits
 * it at the earliest, where the caller knows.
 */
export function startEstimate(
  explained: Explanation | undefined,
  notBeforeMs: number | null = null,
): StartEstimate {
  if (!explained) return unknown('The queue cannot be asked now, or no longer knows the job.');
  const heldBack = explained.estimatedStartAtMs === null ? HELD_BACK[explained.why] : undefined;
  if (heldBack) return unknown(heldBack);
  if (explained.position !== null && explained.position > 1) {
    return unknown('It depends on the quota that the jobs before it in its own line leave.');
  }
  if (explained.estimatedStartAtMs === null)
    return unknown('No jobs have run lately to measure the pace by.');
  const startAtMs = Math.max(explained.estimatedStartAtMs, notBeforeMs ?? 0);
  return { estimated_start_at: isoOrNull(startAtMs), estimate_unknown_because: null };
}

function unknown(why: string): StartEstimate {
  return { estimated_start_at: null, estimate_unknown_because: why };
}
