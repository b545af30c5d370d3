import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FairGate } from 'fairshare/queue';
import { QuotaGuard } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { OpenAiExecutor } from '../executors/openai-executor.js';
import { IdentityModule } from '../identity/identity.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { QuotaHeaders } from '../quota/quota-headers.js';
import { IdempotencyGuard } from './idempotency/idempotency.guard.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { IdempotencyStore } from './idempotency/idempotency-store.js';
import { KeyedRequests } from './idempotency/keyed-requests.js';
import { RequestTurns } from './idempotency/request-turns.js';
import { QueryController } from './query.controller.js';
import { QueryExecutor } from './query-executor.js';
import { QueryJob } from './query.job.js';
import { QueryPlanner } from './query-plan.js';
import { QueryPlanGuard } from './query-plan.guard.js';
import { QueryQuotaGuard } from './query-quota.guard.js';
import { QueryRunner } from './query-runner.js';
import { QueuedQuery } from './queued-query.js';
import { SimulatedExecutor } from './simulated-executor.js';

@Module({
  imports: [IdentityModule, JobsModule],
  controllers: [QueryController],
  providers: [
    QueryPlanner,
    QueryPlanGuard,
    QueryQuotaGuard,
    QueryRunner,
    QueuedQuery,
    QuotaGuard,
    QuotaHeaders,
    IdempotencyGuard,
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    IdempotencyStore,
    KeyedRequests,
    RequestTurns,
    QueryJob,
    {
      provide: QueryExecutor,
      useFactory: (environment: Environment) =>
        environment.EXECUTOR === 'openai'
          ? new OpenAiExecutor(environment)
          : new SimulatedExecutor(environment),
      inject: [Environment],
    },
    {
      provide: FairGate,
      useFactory: ({ UPSTREAM_CONCURRENCY: capacity }: Environment) =>
        new FairGate({ capacity, maxWaitingPerTenant: 1_000 }),
      inject: [Environment],
    },
  ],
  exports: [RequestTurns],
})
export class QueryModule {}
