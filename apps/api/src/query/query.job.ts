import { Injectable } from '@nestjs/common';
import {
  type Job,
  type JobContext,
  JobHandler,
  type JobRunner,
  type JsonValue,
  UnrecoverableJobError,
} from 'fairshare/queue';
import { queryAnswer } from './query-answer.js';
import { UpstreamError } from '../executors/upstream.errors.js';
import type { QueryPlan } from './query-plan.js';
import { QueryRunner } from './query-runner.js';

export const QUERY_JOB = 'query';

/** What a queued query carries: its plan and its tenant's weight when it was accepted. */
export interface QueryJobPayload {
  readonly plan: QueryPlan;
  readonly weight: number;
}

/** Runs a queued query when its tenant has quota again. */
@Injectable()
@JobHandler(QUERY_JOB)
export class QueryJob implements JobRunner {
  constructor(private readonly runner: QueryRunner) {}

  async run(job: Job, { signal, report }: JobContext): Promise<JsonValue> {
    const { plan, weight } = job.payload as unknown as QueryJobPayload;
    const { result, trueCost } = await this.runner
      .run({ id: job.tenantId, weight }, plan, signal)
      .catch((error: unknown) => giveUpIfUseless(error));
    report({ trueCost: Math.max(1, trueCost.cost_units ?? 1), usage: trueCost });
    return queryAnswer(result, trueCost);
  }
}

/** What the upstream refuses for good is not asked again. */
function giveUpIfUseless(error: unknown): never {
  if (error instanceof UpstreamError && !error.retryable) {
    throw new UnrecoverableJobError(error.message, { cause: error });
  }
  throw error;
}
