import { Inject, Injectable } from '@nestjs/common';
import { type Cost, ModelWeights } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import type { QueryDto } from './query.dto.js';
import type { QueryRequest } from '../executors/query-executor.js';
import { countTokens } from '../executors/tokenizer.js';
import type { CallUsage } from '../executors/upstream-bill.js';

/** What a query spends, whether or not an operator limits it. */
export const QUERY_RESOURCES = ['queries', 'tokens', 'cost_units'] as const;

/** A query with what it may cost at most. */
export interface QueryPlan {
  readonly request: QueryRequest;
  readonly cost: Cost;
}

/** Says what a query costs: at most before it ran, and truly after it. */
@Injectable()
export class QueryPlanner {
  constructor(
    private readonly weights: ModelWeights,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /** Rejects with UnknownModelError where the operator refuses a model that no row weighs. */
  async plan(body: QueryDto): Promise<QueryPlan> {
    const request: QueryRequest = {
      query: body.query,
      model: body.model ?? this.environment.DEFAULT_MODEL,
      maxTokens: body.max_tokens ?? this.environment.DEFAULT_MAX_TOKENS,
    };
    await this.weights.admit(request.model);
    return {
      request,
      cost: await this.cost(request.model, countTokens(request.query, request.model), request.maxTokens),
    };
  }

  /** What a query truly cost: it counts once, and what each call to the upstream used is summed. */
  async costOf(model: string, calls: readonly CallUsage[]): Promise<Cost> {
    const costs = await Promise.all(
      calls.map(({ promptTokens, completionTokens }) => this.cost(model, promptTokens, completionTokens)),
    );
    const sum = (resource: string) => costs.reduce((total, cost) => total + (cost[resource] ?? 0), 0);
    return { queries: 1, tokens: sum('tokens'), cost_units: sum('cost_units') };
  }

  private async cost(model: string, inputTokens: number, outputTokens: number): Promise<Cost> {
    const units = await this.weights.costUnits(model, { inputTokens, outputTokens });
    return { queries: 1, tokens: inputTokens + outputTokens, cost_units: units };
  }
}

/** Our count of the query's own tokens: its cost is these and the most that the answer may have. */
export function promptTokensOf({ request, cost }: QueryPlan): number {
  return Math.max(0, (cost.tokens ?? 0) - request.maxTokens);
}
