import { Module } from '@nestjs/common';
import { FailedAttempts } from './failed-attempts.js';

/** What tenants' and operators' keys have in common. */
@Module({ providers: [FailedAttempts], exports: [FailedAttempts] })
export class IdentityModule {}
