import { Module } from '@nestjs/common';
import { JobsModule } from '../../jobs/jobs.module.js';
import { QueuePausesModule } from '../../queue/queue-pauses.module.js';
import { UsageModule } from '../../usage/usage.module.js';
import { QueueFollows } from '../changes/queue-follows.js';
import { ClearTenant } from './clear-tenant.js';
import type { CommandDoer } from './command.js';
import { CommandDoers, CommandRunner } from './command-runner.js';
import { CommandRows } from './command-rows.js';
import { Commands } from './commands.js';
import { PauseQueue } from './pause-queue.js';
import { PurgeQueue } from './purge-queue.js';
import { TenantQuotaModule } from '../../quota/tenant-quota.module.js';
import { ReportStorage } from './report-storage.js';
import { RequeueDead } from './requeue-dead.js';
import { ResetQuota } from './reset-quota.js';
import { TenantsWithJobs } from './tenants-with-jobs.js';

const DOERS = [ClearTenant, PauseQueue, PurgeQueue, ReportStorage, RequeueDead, ResetQuota];

/** What operators order and PostgreSQL alone cannot do. */
@Module({
  imports: [JobsModule, QueuePausesModule, TenantQuotaModule, UsageModule],
  providers: [
    ...DOERS,
    { provide: CommandDoers, useFactory: (...doers: CommandDoer[]) => doers, inject: DOERS },
    CommandRows,
    CommandRunner,
    Commands,
    QueueFollows,
    TenantsWithJobs,
  ],
  exports: [CommandRows, Commands, QueueFollows],
})
export class CommandsModule {}
