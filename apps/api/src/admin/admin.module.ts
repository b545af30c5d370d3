import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { SignalsModule } from '../signals/signals.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { AdminGuard } from './admin.guard.js';
import { ApiKeysController } from './api-keys.controller.js';
import { AuditController } from './audit.controller.js';
import { CommandsController } from './commands/commands.controller.js';
import { CommandsModule } from './commands/commands.module.js';
import { ConfigChange } from './config-change.js';
import { DryRun } from './dry-run.js';
import { LimitsController } from './limits.controller.js';
import { ModelPush } from './model-push.js';
import { ModelsController } from './models.controller.js';
import { QueueControlController } from './queue-control.controller.js';
import { StorageReports } from '../quota/storage-reports.js';
import { AdminStorageController } from './storage.controller.js';
import { TenantsController } from './tenants.controller.js';
import { TiersController } from './tiers.controller.js';
import { DiagnosisController } from './diagnosis.controller.js';
import { AdminKeysController } from './identity/admin-keys.controller.js';
import { AdminIdentityModule } from './identity/identity.module.js';
import { OverridesController } from './overrides.controller.js';
import { QuotaUpdateController } from './quota-update.controller.js';
import { AdminUsageController } from './usage.controller.js';

@Module({
  imports: [UsageModule, AdminIdentityModule, TenancyModule, SignalsModule, CommandsModule, QueueModule],
  controllers: [
    AdminKeysController,
    AdminStorageController,
    AdminUsageController,
    ApiKeysController,
    AuditController,
    CommandsController,
    DiagnosisController,
    LimitsController,
    ModelsController,
    OverridesController,
    QueueControlController,
    QuotaUpdateController,
    TenantsController,
    TiersController,
  ],
  providers: [AdminGuard, ConfigChange, DryRun, ModelPush, StorageReports],
  exports: [AdminGuard, AdminIdentityModule],
})
export class AdminModule {}
