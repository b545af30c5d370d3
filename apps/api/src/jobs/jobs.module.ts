import { Module } from '@nestjs/common';
import { JobAdmission, JobEvents, JobFaults } from 'fairshare/queue';
import { UpstreamBreakerModule } from '../executors/upstream-breaker.module.js';
import { SignalsModule } from '../signals/signals.module.js';
import { FreedQuotaModule } from './freed-quota.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { JobAcceptance } from './job-acceptance.js';
import { JobCancellation } from './job-cancellation.js';
import { JobBroadcast } from './job-broadcast.js';
import { ProblemTable } from '../problems/problem-table.js';
import { jobProblem } from './job-problem.js';
import { JobAcknowledgements } from './job-acknowledgements.js';
import { JobEntrance } from './job-entrance.js';
import { JobJournal } from './job-journal.js';
import { JobRecovery } from './job-recovery.js';
import { JobWait } from './job-wait.js';
import { JobsController } from './jobs.controller.js';
import { QuotaAdmission } from './quota-admission.js';
import { ServiceFaults } from './service-faults.js';
import { QuotaWakesQueue } from './quota-wakes-queue.js';

@Module({
  imports: [FreedQuotaModule, SignalsModule, UpstreamBreakerModule, UsageModule],
  controllers: [JobsController],
  providers: [
    JobJournal,
    JobAcceptance,
    JobAcknowledgements,
    JobEntrance,
    JobRecovery,
    JobCancellation,
    JobWait,
    QuotaWakesQueue,
    { provide: JobAdmission, useClass: QuotaAdmission },
    JobBroadcast,
    { provide: JobEvents, useExisting: JobBroadcast },
    { provide: JobFaults, useClass: ServiceFaults },
  ],
  exports: [JobAcceptance, JobBroadcast, JobCancellation, JobEvents, JobJournal, JobWait, SignalsModule],
})
export class JobsModule {
  constructor(problems: ProblemTable) {
    problems.add(jobProblem);
  }
}
