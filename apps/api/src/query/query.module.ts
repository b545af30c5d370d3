import { type DynamicModule, Module } from '@nestjs/common';
import { FairGate } from 'fairshare/queue';
import { QuotaGuard } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { OpenAiExecutor } from '../executors/openai-executor.js';
import { UpstreamBreakerModule } from '../executors/upstream-breaker.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { QuotaHeaders } from '../quota/quota-headers.js';
import { ChargesModule } from '../charges/charges.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { upstreamProblem } from '../executors/upstream-problem.js';
import { ProblemTable } from '../problems/problem-table.js';
import { UsageModule } from '../usage/usage.module.js';
import { QueryController } from './query.controller.js';
import { QueryExecutor } from '../executors/query-executor.js';
import { QueryJob } from './query.job.js';
import { QueryPlanner } from './query-plan.js';
import { QueryPlanGuard } from './query-plan.guard.js';
import { QueryQuotaGuard } from './query-quota.guard.js';
import { QueryRunner } from './query-runner.js';
import { QueuedQuery } from './queued-query.js';
import { SimulatedExecutor } from '../executors/simulated-executor.js';

@Module({
  imports: [ChargesModule, IdempotencyModule, IdentityModule, JobsModule, UpstreamBreakerModule, UsageModule],
  controllers: [QueryController],
  providers: [
    QueryPlanner,
    QueryPlanGuard,
    QueryQuotaGuard,
    QueryRunner,
    QueuedQuery,
    QuotaGuard,
    QuotaHeaders,
    QueryJob,
    {
      provide: FairGate,
      useFactory: ({ UPSTREAM_CONCURRENCY: capacity }: Environment) =>
        new FairGate({ capacity, maxWaitingPerTenant: 1_000 }),
      inject: [Environment],
    },
  ],
})
export class QueryModule {
  constructor(problems: ProblemTable) {
    problems.add(upstreamProblem);
  }

  /** `executor` answers queries. Default: the one that EXECUTOR names. */
  static forRoot(executor?: QueryExecutor): DynamicModule {
    const useFactory = (environment: Environment) => executor ?? namedExecutor(environment);
    return {
      module: QueryModule,
      providers: [{ provide: QueryExecutor, useFactory, inject: [Environment] }],
    };
  }
}

function namedExecutor(environment: Environment): QueryExecutor {
  return environment.EXECUTOR === 'openai'
    ? new OpenAiExecutor(environment)
    : new SimulatedExecutor(environment);
}
