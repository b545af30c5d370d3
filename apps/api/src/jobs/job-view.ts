import type { Explanation } from 'fairshare/queue';
import { isoOrNull } from '../problems/quota-problem.js';
import { hasEnded, type JobRow, type JobSummaryRow } from './job-journal.js';
import { startEstimate } from './start-estimate.js';

const ENDED_ESTIMATE = { estimated_start_at: null, estimate_unknown_because: null };

/** A job in full: what became of it by the journal, where it stands by the queue. */
export function jobView(row: JobRow, explained: Explanation | undefined): Record<string, unknown> {
  return {
    job_id: row.id,
    tenant_id: row.tenantId,
    state: hasEnded(row.state) ? row.state : (explained?.state ?? row.state),
    attempts: row.attempts,
    position: explained?.position ?? null,
    jobs_before: explained?.jobsBefore ?? null,
    ...(hasEnded(row.state) ? ENDED_ESTIMATE : startEstimate(explained)),
    why: explained && explained.why !== 'ended' ? explained.why : null,
    waiting_for: explained?.parkReason ?? null,
    until: isoOrNull(explained?.untilMs ?? null),
    remedy: explained?.remedy ?? null,
    created_at: row.createdAt.toISOString(),
    started_at: row.startedAt?.toISOString() ?? null,
    finished_at: row.finishedAt?.toISOString() ?? null,
    result: row.result ?? null,
    error: row.error ?? null,
  };
}

/** A job in a list, by the journal alone: its place in line and its result are found at `status_url`. */
export function jobSummary(row: JobSummaryRow): Record<string, unknown> {
  return {
    job_id: row.id,
    state: row.state,
    attempts: row.attempts,
    created_at: row.createdAt.toISOString(),
    started_at: row.startedAt?.toISOString() ?? null,
    finished_at: row.finishedAt?.toISOString() ?? null,
    status_url: `/jobs/${row.id}`,
  };
}
