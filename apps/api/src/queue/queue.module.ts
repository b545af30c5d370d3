import { Module } from '@nestjs/common';
import { OperatorsModule } from '../operators/operators.module.js';
import { UpstreamBreakerModule } from '../executors/upstream-breaker.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { IdentityModule } from '../identity/identity.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { LongestLines } from './longest-lines.js';
import { PausedTenants } from './paused-tenants.js';
import { PauseCheck } from './pause-check.js';
import { QueueController } from './queue.controller.js';
import { QueueOverview } from './queue-overview.js';
import { StuckRuns } from './stuck-runs.js';

/** How the queue stands, by who asks. */
@Module({
  imports: [UpstreamBreakerModule, OperatorsModule, MetricsModule, TenancyModule, IdentityModule],
  controllers: [QueueController],
  providers: [LongestLines, PauseCheck, PausedTenants, QueueOverview, StuckRuns],
  exports: [LongestLines, QueueOverview],
})
export class QueueModule {}
