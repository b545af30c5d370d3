import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueuePausesModule } from '../queue/queue-pauses.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { CompareCounters } from './compare-counters.js';
import { CompareDead } from './compare-dead.js';
import { CompareJournal } from './compare-journal.js';
import { ComparePauses } from './compare-pauses.js';
import { CompareQueue } from './compare-queue.js';
import { Reconciler } from './reconciler.js';
import { ReconcilerLease } from './reconciler-lease.js';
import { Reconciliation } from './reconciliation.js';
import { ReconciliationMetrics } from './reconciliation-metrics.js';
import { RedisMemory } from './redis-memory.js';

/** Journal, queue, ledger and counters agree, or are made to. */
@Module({
  imports: [JobsModule, MetricsModule, QueuePausesModule, UsageModule],
  providers: [
    CompareCounters,
    CompareDead,
    CompareJournal,
    ComparePauses,
    CompareQueue,
    Reconciler,
    ReconcilerLease,
    Reconciliation,
    ReconciliationMetrics,
    RedisMemory,
  ],
  exports: [Reconciler],
})
export class ReconciliationModule {}
