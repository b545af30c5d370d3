import { Module } from '@nestjs/common';
import { AdminGuard } from './admin.guard.js';
import { ConfigChange } from './config-change.js';
import { OperationsController } from './operations.controller.js';
import { OverridesController } from './overrides.controller.js';
import { QuotaUpdateController } from './quota-update.controller.js';

@Module({
  controllers: [QuotaUpdateController, OverridesController, OperationsController],
  providers: [AdminGuard, ConfigChange],
})
export class AdminModule {}
