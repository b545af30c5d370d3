import { Module } from '@nestjs/common';
import { FairGate } from 'fairshare/queue';
import { Environment } from '../config/environment.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { QueryController } from './query.controller.js';
import { QueryExecutor } from './query-executor.js';
import { QueryJob } from './query.job.js';
import { QueryPlanner } from './query-plan.js';
import { QueryPlanGuard } from './query-plan.guard.js';
import { QueryRunner } from './query-runner.js';
import { SimulatedExecutor } from './simulated-executor.js';

@Module({
  imports: [JobsModule],
  controllers: [QueryController],
  providers: [
    QueryPlanner,
    QueryPlanGuard,
    QueryRunner,
    QueryJob,
    { provide: QueryExecutor, useClass: SimulatedExecutor },
    {
      provide: FairGate,
      useFactory: ({ UPSTREAM_CONCURRENCY: capacity }: Environment) =>
        new FairGate({ capacity, maxWaitingPerTenant: 1_000 }),
      inject: [Environment],
    },
  ],
})
export class QueryModule {}
