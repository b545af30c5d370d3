import type { Cost, Overrun } from 'fairshare/quota';
import { type JsonValue, keepableText } from 'fairshare/queue';
import type { Charge } from '../charges/charge-outbox.js';
import { Problem } from '../problems/problem.js';
import type { JobRow } from '../jobs/job-journal.js';
import type { QueryResult } from '../executors/query-executor.js';

/** An answered query, as clients and jobs' results show it. */
export function queryAnswer(result: QueryResult, trueCost: Cost): Record<string, JsonValue> {
  const { text, replaced } = keepableText(result.text);
  return {
    text,
    ...(replaced > 0 ? { replaced_characters: replaced } : {}),
    model: result.model,
    simulated: result.simulated,
    usage: {
      prompt_tokens: result.promptTokens,
      completion_tokens: result.completionTokens,
      cost_units: trueCost.cost_units ?? 0,
    },
  };
}

export interface ChargeView {
  readonly overruns?: readonly Overrun[];
  readonly charge?: 'pending';
}

/** What is to be said of the query's charge: what it cost beyond a limit, and whether it is still to be made. */
export function chargeView(charge: Charge | undefined): ChargeView {
  return {
    ...(charge && charge.overruns.length > 0 ? { overruns: charge.overruns } : {}),
    ...(charge?.state === 'pending' ? { charge: 'pending' } : {}),
  };
}

/** What became of a job that a client waited for; throws a problem where it gave no answer. */
export function endedJobAnswer(row: JobRow): unknown {
  if (row.state === 'succeeded') {
    return { status: 'succeeded', job_id: row.id, ...(row.result as Record<string, unknown>) };
  }
  const fields = { job_id: row.id, state: row.state };
  if (row.state === 'dead') {
    const { message, code } = row.error as { message: string; code: string | null };
    if (code === 'cost_exceeds_limit' || code === 'invalid_request')
      throw new Problem(code, `${message}.`, { fields });
    throw new Problem('upstream_failed', `The query was tried ${row.attempts} times: ${message}`, { fields });
  }
  throw new Problem('conflict', `The job has ended without an answer: ${row.state}. Send the query again.`, {
    fields,
  });
}
