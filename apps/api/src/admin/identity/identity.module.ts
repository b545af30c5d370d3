import { Module } from '@nestjs/common';
import { IdentityModule } from '../../identity/identity.module.js';
import { SignalsModule } from '../../signals/signals.module.js';
import { AdminKeys } from './admin-keys.js';
import { OperatorResolver } from './operator-resolver.js';

/** Who an operator is. */
@Module({
  imports: [SignalsModule, IdentityModule],
  providers: [AdminKeys, OperatorResolver],
  exports: [AdminKeys, OperatorResolver],
})
export class AdminIdentityModule {}
