import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/identity.module.js';
import { SignalsModule } from '../signals/signals.module.js';
import { AdminGuard } from './admin.guard.js';
import { AdminKeys } from './admin-keys.js';
import { OperatorResolver } from './operator-resolver.js';

/** Who an operator is, and what its role lets it do. */
@Module({
  imports: [SignalsModule, IdentityModule],
  providers: [AdminGuard, AdminKeys, OperatorResolver],
  exports: [AdminGuard, AdminKeys, OperatorResolver],
})
export class OperatorsModule {}
