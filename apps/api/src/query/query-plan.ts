import { Inject, Injectable } from '@nestjs/common';
import { type Cost, type ModelTerms, ModelWeights, UnknownModelError } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { DecisionBudget } from '../identity/decision-budget.js';
import { Problem } from '../problems/problem.js';
import { UnknownModels } from '../usage/unknown-models.js';
import type { QueryDto } from './query.dto.js';
import type { QueryRequest } from '../executors/query-executor.js';
import { countTokensInTurns } from '../executors/tokenizer.js';
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
    private readonly unknown: UnknownModels,
    private readonly budget: DecisionBudget,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /**
   * Throws UnknownModelError where no row weighs the model and the operator refuses that; `context_exceeded`. What waits for
   * the weights spends the request's time to decide.
   */
  async plan(
    { query, model = this.environment.DEFAULT_MODEL, max_tokens }: QueryDto,
    request: object,
  ): Promise<QueryPlan> {
    const isAtHand = this.weights.isFresh;
    const admitted = this.admit(model);
    const { contextWindow, costUnits } = await (isAtHand ? admitted : this.budget.spend(request, admitted));
    const promptTokens = await countTokensInTurns(query, model);
    const maxTokens = max_tokens ?? this.defaultMaxTokens(contextWindow - promptTokens);
    if (promptTokens + maxTokens > contextWindow) {
      throw contextExceeded({ model, promptTokens, maxTokens, contextWindow });
    }
    const cost_units = costUnits({ inputTokens: promptTokens, outputTokens: maxTokens });
    return {
      request: { query, model, maxTokens },
      cost: { queries: 1, tokens: promptTokens + maxTokens, cost_units },
    };
  }

  /** A long prompt leaves what the context window still has, at least one token. */
  private defaultMaxTokens(left: number): number {
    return Math.max(1, Math.min(this.environment.DEFAULT_MAX_TOKENS, left));
  }

  /** What a query truly cost: it counts once, and what each call to the upstream used is summed. */
  async costOf(model: string, calls: readonly CallUsage[]): Promise<Cost> {
    const costs = await Promise.all(
      calls.map(({ promptTokens, completionTokens }) => this.cost(model, promptTokens, completionTokens)),
    );
    const sum = (resource: string) => costs.reduce((total, cost) => total + (cost[resource] ?? 0), 0);
    return { queries: 1, tokens: sum('tokens'), cost_units: sum('cost_units') };
  }

  private async admit(model: string): Promise<ModelTerms> {
    try {
      const terms = await this.weights.admit(model);
      if (!terms.isKnown) this.unknown.askedFor(model);
      return terms;
    } catch (error) {
      if (error instanceof UnknownModelError) this.unknown.askedFor(model);
      throw error;
    }
  }

  private async cost(model: string, inputTokens: number, outputTokens: number): Promise<Cost> {
    const units = await this.weights.costUnits(model, { inputTokens, outputTokens });
    return { queries: 1, tokens: inputTokens + outputTokens, cost_units: units };
  }
}

interface Asked {
  readonly model: string;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly contextWindow: number;
}

function contextExceeded({ model, promptTokens, maxTokens, contextWindow }: Asked): Problem {
  return new Problem(
    'context_exceeded',
    `${model} takes ${contextWindow} tokens at once; the query has ${promptTokens} and asks for ${maxTokens} more. ` +
      'Send less, or name another model.',
    { fields: { context_window: contextWindow, prompt_tokens: promptTokens, max_tokens: maxTokens } },
  );
}

/** Our count of the query's own tokens: its cost is these and the most that the answer may have. */
export function promptTokensOf({ request, cost }: QueryPlan): number {
  return Math.max(0, (cost.tokens ?? 0) - request.maxTokens);
}
