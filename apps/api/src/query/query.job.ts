import { Injectable } from '@nestjs/common';
import {
  type Job,
  type JobContext,
  JobHandler,
  type JobRunner,
  type JsonValue,
  RetryLaterError,
  UnrecoverableJobError,
} from 'fairshare/queue';
import type { Cost } from 'fairshare/quota';
import { QUERY_JOB, readPayload } from '../jobs/job-payload.js';
import { queryAnswer } from './query-answer.js';
import { UpstreamError, UpstreamInvalidRequestError } from '../executors/upstream.errors.js';
import { QueryRunner } from './query-runner.js';

/** Runs a queued query when its tenant has quota again. */
@Injectable()
@JobHandler(QUERY_JOB)
export class QueryJob implements JobRunner {
  constructor(private readonly runner: QueryRunner) {}

  async run(job: Job, { signal, report }: JobContext): Promise<JsonValue> {
    const { plan, weight } = readPayload(job);
    const spent = (cost: Cost) => report({ trueCost: Math.max(1, cost.cost_units ?? 1), usage: cost });
    // Told twice: what was sent is paid for even where the run is given up before its end is known.
    const tenant = { id: job.tenantId, weight };
    const run = await this.runner.run({ name: job.jobId, tenant, plan, signal, onSent: spent });
    if (run.cost) spent(run.cost);
    else report({ usage: null });
    if (run.answered) return queryAnswer(run.result, run.cost);
    if (run.laterMs === undefined) return giveUpIfUseless(run.error);
    throw new RetryLaterError('upstream_failing', run.laterMs, { cause: run.error });
  }
}

/** What the upstream refuses for good is not asked again. */
function giveUpIfUseless(error: unknown): never {
  if (error instanceof UpstreamError && !error.retryable) {
    const useless = new UnrecoverableJobError(error.message, { cause: error });
    // The job keeps whose mistake it was, for whoever waits for it.
    throw error instanceof UpstreamInvalidRequestError
      ? Object.assign(useless, { code: error.code })
      : useless;
  }
  throw error;
}
