import { Inject, Injectable } from '@nestjs/common';
import { FairGate } from 'fairshare/queue';
import type { Cost } from 'fairshare/quota';
import { type QueryPlan, QueryPlanner } from './query-plan.js';
import { QueryExecutor, type QueryResult } from './query-executor.js';

export interface QueryRun {
  readonly result: QueryResult;
  readonly trueCost: Cost;
}

/** Runs a query whose quota is set aside already, when it is its tenant's fair turn on this process' upstream slots. */
@Injectable()
export class QueryRunner {
  constructor(
    private readonly gate: FairGate,
    private readonly planner: QueryPlanner,
    @Inject(QueryExecutor) private readonly executor: QueryExecutor,
  ) {}

  /** Rejects with GateFullError, the signal's reason, or what the upstream said. */
  async run(tenant: { id: string; weight: number }, plan: QueryPlan, signal: AbortSignal): Promise<QueryRun> {
    const release = await this.gate.acquire({
      tenantId: tenant.id,
      weight: tenant.weight,
      cost: plan.cost.cost_units,
      signal,
    });
    try {
      const result = await this.executor.execute(plan.request, signal);
      const trueCost = await this.planner.trueCost(result);
      release(trueCost.cost_units);
      return { result, trueCost };
    } catch (error) {
      release();
      throw error;
    }
  }
}
