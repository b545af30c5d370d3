import { type DynamicModule, Logger, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { LookupPrisma, PrismaModule } from 'fairshare/prisma';
import { FairQueueModule } from 'fairshare/queue';
import { PrismaLimitSource, PrismaModelSource, QuotaModule, type UsageEvent } from 'fairshare/quota';
import { RedisModule } from 'fairshare/redis';
import { AdminModule } from './admin/admin.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Environment } from './config/environment.js';
import type { QueryExecutor } from './executors/query-executor.js';
import { HealthModule } from './health/health.module.js';
import { MetricsEndpointModule } from './metrics/metrics-endpoint.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { QuotaMetrics } from './metrics/quota-metrics.js';
import { DeclaredGuard } from './http/declared.guard.js';
import { operationIdOf } from './http/operation-name.js';
import { ProblemFilter } from './http/problem.filter.js';
import { createValidationPipe } from './problems/validation.js';
import { budgetLeftOf } from './identity/decision-budget.js';
import { FreedQuota } from './jobs/freed-quota.js';
import { FreedQuotaModule } from './jobs/freed-quota.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { JobEventsModule } from './jobs/events/job-events.module.js';
import { QUERY_JOB } from './jobs/job-payload.js';
import { JobsModule } from './jobs/jobs.module.js';
import { QUERY_RESOURCES } from './query/query-plan.js';
import { QueryModule } from './query/query.module.js';
import { QueueModule } from './queue/queue.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { TenantQuotaModule } from './quota/tenant-quota.module.js';
import { ReconciliationModule } from './reconciliation/reconciliation.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { TenancyModule } from './tenancy/tenancy.module.js';
import { tenantOf } from './tenancy/tenant-resolver.js';
import { PrismaUsageLedger } from './usage/prisma-usage-ledger.js';
import { UsageBuffer } from './usage/usage-buffer.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageModule } from './usage/usage.module.js';

const modelLogger = new Logger('ModelWeights');

/** What a deployment puts in place of ours. */
export interface AppParts {
  /** Answers queries. Default: the one that EXECUTOR names. */
  readonly executor?: QueryExecutor;
}

/** Everything there is, by name. */
@Module({})
export class AppModule {
  static forRoot(environment: Environment, { executor }: AppParts = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(environment),
        PrismaModule.forRoot({
          url: environment.DATABASE_URL,
          maxConnections: environment.DATABASE_POOL_SIZE,
        }),
        RedisModule.forRoot({ url: environment.REDIS_URL }),
        ProblemsModule,
        HealthModule,
        quotaModule(environment),
        queueModule(environment),
        TenancyModule,
        IdempotencyModule,
        QueryModule.forRoot(executor),
        JobsModule,
        JobEventsModule,
        TenantQuotaModule,
        QueueModule,
        AdminModule,
        UsageModule,
        ReconciliationModule,
        RetentionModule,
        MetricsEndpointModule,
      ],
      controllers: [UsageController],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: DeclaredGuard },
        { provide: APP_PIPE, useFactory: createValidationPipe },
      ],
    };
  }
}

function quotaModule(environment: Environment): DynamicModule {
  return QuotaModule.forRootAsync({
    imports: [FreedQuotaModule, UsageModule, MetricsModule],
    inject: [LookupPrisma, FreedQuota, UsageBuffer, PrismaUsageLedger, QuotaMetrics],
    useFactory: (
      prisma: LookupPrisma,
      freed: FreedQuota,
      usage: UsageBuffer,
      ledger: PrismaUsageLedger,
      metrics: QuotaMetrics,
    ) => ({
      keyPrefix: `${environment.REDIS_KEY_PREFIX}:quota`,
      limits: new PrismaLimitSource(prisma),
      resources: QUERY_RESOURCES,
      models: new PrismaModelSource(prisma),
      unknownModels: environment.UNKNOWN_MODELS,
      onUnknownModel: (name: string) =>
        modelLogger.warn(
          `No row weighs the model ${JSON.stringify(name)} (UNKNOWN_MODELS=${environment.UNKNOWN_MODELS}); PUT /admin/models adds one`,
        ),
      ledger,
      recorder: {
        recorded(event: UsageEvent) {
          usage.recorded(event);
          freed.recorded(event);
        },
      },
      leaseMs: environment.QUOTA_LEASE_MS,
      deadlineMs: environment.QUOTA_DEADLINE_MS,
      onUnavailable: environment.QUOTA_UNAVAILABLE,
      onLate: (error) => metrics.wasLate(error),
      cache: { ttlMs: environment.QUOTA_CACHE_TTL_MS },
      modelsTtlMs: environment.QUOTA_CACHE_TTL_MS,
      http: {
        tenantOf: (request: object) => tenantOf(request).tenantId,
        withinMsOf: budgetLeftOf,
        exceptionOf: (error) => error,
        operationOf: (request: object) => operationIdOf(request),
        onDecision: (_request, decision) => metrics.decided(decision),
      },
    }),
  });
}

function queueModule(environment: Environment): DynamicModule {
  return FairQueueModule.forRoot({
    keyPrefix: environment.REDIS_KEY_PREFIX,
    maxTotalJobs: environment.MAX_TOTAL_QUEUE_SIZE,
    // Whatever body is read may be queued: a job is its query and a few numbers.
    maxPayloadBytes: environment.BODY_LIMIT_BYTES + 1_024,
    keepEndedMs: environment.JOB_RETENTION_MS,
    jobNames: [QUERY_JOB],
    worker:
      environment.WORKER === 'embedded'
        ? { concurrency: environment.WORKER_CONCURRENCY, leaseMs: environment.JOB_LEASE_MS }
        : false,
  });
}
