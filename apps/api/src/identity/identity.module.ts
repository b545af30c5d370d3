import { Module } from '@nestjs/common';
import { DecisionBudget } from './decision-budget.js';
import { FailedAttempts } from './failed-attempts.js';
import { FreeRequests } from './free-requests.js';

/** What tenants' and operators' keys have in common. */
@Module({
  providers: [DecisionBudget, FailedAttempts, FreeRequests],
  exports: [DecisionBudget, FailedAttempts, FreeRequests],
})
export class IdentityModule {}
