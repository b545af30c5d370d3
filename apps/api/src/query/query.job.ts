import { Injectable } from '@nestjs/common';
import { type Job, type JobContext, JobHandler, type JobRunner, type JsonValue } from 'fairshare/queue';
import { queryAnswer } from './query-answer.js';
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
    const { result, trueCost } = await this.runner.run({ id: job.tenantId, weight }, plan, signal);
    report({ trueCost: Math.max(1, trueCost.cost_units ?? 1), usage: trueCost });
    return queryAnswer(result, trueCost);
  }
}
