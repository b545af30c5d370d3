import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { ProblemTable } from '../problems/problem-table.js';
import { UsageModule } from '../usage/usage.module.js';
import { QuotaController } from './quota.controller.js';
import { quotaErrorProblem } from './quota-error-problem.js';
import { StorageReports } from './storage-reports.js';

/** A tenant's own quota, over HTTP. */
@Module({
  imports: [IdempotencyModule, UsageModule],
  controllers: [QuotaController],
  providers: [StorageReports],
  exports: [StorageReports],
})
export class TenantQuotaModule {
  constructor(problems: ProblemTable) {
    problems.add(quotaErrorProblem);
  }
}
