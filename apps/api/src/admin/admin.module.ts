import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { SignalsModule } from '../signals/signals.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { ApiKeysController } from './keys/api-keys.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { CommandsController } from './commands/commands.controller.js';
import { CommandsModule } from './commands/commands.module.js';
import { ConfigChange } from './changes/config-change.js';
import { DryRun } from './changes/dry-run.js';
import { LimitsController } from './tiers/limits.controller.js';
import { ModelPush } from './models/model-push.js';
import { UnknownModelsController } from './models/unknown-models.controller.js';
import { ModelsController } from './models/models.controller.js';
import { QueueControlController } from './queue/queue-control.controller.js';
import { TenantQuotaModule } from '../quota/tenant-quota.module.js';
import { AdminStorageController } from './usage/storage.controller.js';
import { TenantsController } from './tenants/tenants.controller.js';
import { TiersController } from './tiers/tiers.controller.js';
import { DiagnosisController } from './tenants/diagnosis.controller.js';
import { AdminKeysController } from './keys/admin-keys.controller.js';
import { OperatorsModule } from '../operators/operators.module.js';
import { OverridesController } from './overrides/overrides.controller.js';
import { QuotaUpdateController } from './overrides/quota-update.controller.js';
import { AdminUsageController } from './usage/usage.controller.js';

@Module({
  imports: [
    UsageModule,
    OperatorsModule,
    TenancyModule,
    SignalsModule,
    CommandsModule,
    QueueModule,
    TenantQuotaModule,
  ],
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
    UnknownModelsController,
  ],
  providers: [ConfigChange, DryRun, ModelPush],
})
export class AdminModule {}
