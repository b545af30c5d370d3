import { Module } from '@nestjs/common';
import { JobAdmission, JobEvents } from 'fairshare/queue';
import { FreedQuotaModule } from './freed-quota.module.js';
import { JobAcceptance } from './job-acceptance.js';
import { JobJournal } from './job-journal.js';
import { JobRecovery } from './job-recovery.js';
import { JobsController } from './jobs.controller.js';
import { QuotaAdmission } from './quota-admission.js';
import { QuotaWakesQueue } from './quota-wakes-queue.js';

@Module({
  imports: [FreedQuotaModule],
  controllers: [JobsController],
  providers: [
    JobJournal,
    JobAcceptance,
    JobRecovery,
    QuotaWakesQueue,
    { provide: JobAdmission, useClass: QuotaAdmission },
    { provide: JobEvents, useExisting: JobJournal },
  ],
  exports: [JobAcceptance],
})
export class JobsModule {}
