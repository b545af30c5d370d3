import { Module } from '@nestjs/common';
import { IdentityModule } from '../../identity/identity.module.js';
import { SignalsModule } from '../../signals/signals.module.js';
import { AdminKeys } from './admin-keys.js';

/** Who an operator is. */
@Module({
  imports: [SignalsModule, IdentityModule],
  providers: [AdminKeys],
  exports: [AdminKeys, IdentityModule],
})
export class AdminIdentityModule {}
