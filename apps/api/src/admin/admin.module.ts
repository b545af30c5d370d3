import { Module } from '@nestjs/common';
import { UsageModule } from '../usage/usage.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { AdminGuard } from './admin.guard.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ConfigChange } from './config-change.js';
import { DiagnosisController } from './diagnosis.controller.js';
import { AdminKeysController } from './identity/admin-keys.controller.js';
import { AdminIdentityModule } from './identity/identity.module.js';
import { OperationsController } from './operations.controller.js';
import { OverridesController } from './overrides.controller.js';
import { QuotaUpdateController } from './quota-update.controller.js';
import { AdminUsageController } from './usage.controller.js';

@Module({
  imports: [UsageModule, AdminIdentityModule, TenancyModule],
  controllers: [
    AdminKeysController,
    ApiKeysController,
    QuotaUpdateController,
    OverridesController,
    OperationsController,
    AdminUsageController,
    DiagnosisController,
  ],
  providers: [AdminGuard, ConfigChange],
  exports: [AdminGuard, AdminIdentityModule],
})
export class AdminModule {}
