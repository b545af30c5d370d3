import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { FairGate } from 'fairshare/queue';
import type { Cost } from 'fairshare/quota';
import { UpstreamBreaker } from '../executors/upstream-breaker.js';
import { UpstreamError } from '../executors/upstream.errors.js';
import { promptTokensOf, type QueryPlan, QueryPlanner } from './query-plan.js';
import { QueryExecutor, type QueryResult } from '../executors/query-executor.js';
import { type CallUsage, UpstreamBill } from '../executors/upstream-bill.js';

/**
 * How a query ended, and what is charged for it: nothing (undefined) where the upstream never had it. `laterMs`: it is the
 * upstream that fails, and it makes sense to ask again after so many ms.
 */
export type QueryRun =
  | { readonly answered: true; readonly result: QueryResult; readonly cost: Cost }
  | {
      readonly answered: false;
      readonly error: unknown;
      readonly cost: Cost | undefined;
      readonly laterMs: number | undefined;
    };

export interface RunRequest {
  /** Names the query among those that fail. Default: a new name. */
  readonly name?: string;
  readonly tenant: { readonly id: string; readonly weight: number };
  readonly plan: QueryPlan;
  readonly signal: AbortSignal;
  /** Told what is owed at least, as soon as the query is on its way. */
  readonly onSent?: (least: Cost) => void;
}

/**
 * Runs a query whose quota is set aside already, when it is its tenant's fair turn on this process' upstream slots.
 * One rule for all of its ends: what was not sent costs nothing; what was sent costs one query and, for each call, what
 * the upstream reports, or else its prompt and what we have seen of the answer.
 */
@Injectable()
export class QueryRunner {
  constructor(
    private readonly gate: FairGate,
    private readonly planner: QueryPlanner,
    private readonly breaker: UpstreamBreaker,
    @Inject(QueryExecutor) private readonly executor: QueryExecutor,
  ) {}

  /** Never rejects; the error is a GateFullError, the signal's reason, or what the upstream said. */
  async run({ name = randomUUID(), tenant, plan, signal, onSent }: RunRequest): Promise<QueryRun> {
    let release: (trueCost?: number) => void = () => undefined;
    let bill = new UpstreamBill(0);
    let ended: { readonly result: QueryResult } | { readonly error: unknown };
    try {
      const { model } = plan.request;
      const promptTokens = promptTokensOf(plan);
      const least = onSent && (await this.planner.costOf(model, [{ promptTokens, completionTokens: 0 }]));
      bill = new UpstreamBill(promptTokens, least && (() => onSent(least)));
      const turn = { tenantId: tenant.id, weight: tenant.weight, cost: plan.cost.cost_units, signal };
      release = await this.gate.acquire(turn);
      ended = { result: await this.executor.execute(plan.request, signal, bill) };
    } catch (error) {
      ended = { error };
    }
    const cost = await this.charge(plan, bill.owed);
    release(cost?.cost_units);
    if ('result' in ended) {
      this.breaker.succeeded();
      // An executor that keeps no bill is charged by its answer.
      return {
        answered: true,
        result: ended.result,
        cost: cost ?? (await this.charge(plan, [ended.result]))!,
      };
    }
    if (ended.error instanceof UpstreamError) ended.error.charged = cost;
    const laterMs = this.breaker.failed(name, ended.error);
    return { answered: false, error: ended.error, cost, laterMs };
  }

  private async charge({ request }: QueryPlan, owed: readonly CallUsage[]): Promise<Cost | undefined> {
    return owed.length === 0 ? undefined : this.planner.costOf(request.model, owed);
  }
}
