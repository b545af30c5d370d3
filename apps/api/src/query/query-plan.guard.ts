import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readPreferences } from '../http/prefer.js';
import { createValidationPipe } from '../problems/validation.js';
import { QueryDto } from './query.dto.js';
import { type QueryPlan, QueryPlanner } from './query-plan.js';

const plans = new WeakMap<object, QueryPlan>();

/** What the guard found that a request's query may cost. */
export function planOf(request: object): QueryPlan {
  const plan = plans.get(request);
  if (!plan) throw new Error('QueryPlanGuard must stand before whatever reads the plan');
  return plan;
}

/** Stands before the quota guard, which needs the cost: a wrong body ends here and spends nothing. */
@Injectable()
export class QueryPlanGuard implements CanActivate {
  private readonly validation = createValidationPipe();

  constructor(private readonly planner: QueryPlanner) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    // Read again where it is used; refused here, before anything is spent.
    readPreferences(request.headers.prefer);
    const body = (await this.validation.transform(request.body ?? {}, {
      type: 'body',
      metatype: QueryDto,
    })) as QueryDto;
    plans.set(request, await this.planner.plan(body, request));
    return true;
  }
}
