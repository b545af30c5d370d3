import { Module } from '@nestjs/common';
import { FailedAttempts } from './failed-attempts.js';
import { FreeRequests } from './free-requests.js';

/** What tenants' and operators' keys have in common. */
@Module({ providers: [FailedAttempts, FreeRequests], exports: [FailedAttempts, FreeRequests] })
export class IdentityModule {}
