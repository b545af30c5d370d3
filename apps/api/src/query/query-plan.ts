import { Inject, Injectable } from '@nestjs/common';
import { type Cost, ModelWeights } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import type { QueryDto } from './query.dto.js';
import type { QueryRequest, QueryResult } from './query-executor.js';
import { countTokens } from './tokenizer.js';

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

  async plan(body: QueryDto): Promise<QueryPlan> {
    const request: QueryRequest = {
      query: body.query,
      model: body.model ?? this.environment.DEFAULT_MODEL,
      maxTokens: body.max_tokens ?? this.environment.DEFAULT_MAX_TOKENS,
    };
    return {
      request,
      cost: await this.cost(request.model, countTokens(request.query, request.model), request.maxTokens),
    };
  }

  /** The true cost of an answered query. */
  trueCost({ model, promptTokens, completionTokens }: QueryResult): Promise<Cost> {
    return this.cost(model, promptTokens, completionTokens);
  }

  private async cost(model: string, inputTokens: number, outputTokens: number): Promise<Cost> {
    const units = await this.weights.costUnits(model, { inputTokens, outputTokens });
    return { queries: 1, tokens: inputTokens + outputTokens, cost_units: units };
  }
}
