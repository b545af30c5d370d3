import { Module } from '@nestjs/common';
import { SignalsModule } from '../../signals/signals.module.js';
import { AdminKeys } from './admin-keys.js';
import { FailedAttempts } from './failed-attempts.js';

/** Who an operator is. */
@Module({
  imports: [SignalsModule],
  providers: [AdminKeys, FailedAttempts],
  exports: [AdminKeys, FailedAttempts],
})
export class AdminIdentityModule {}
