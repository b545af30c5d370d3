import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type WorkerHost, workerToken } from 'fairshare/queue';
import { Gauge } from 'prom-client';
import { HealthChecks, type HealthReport } from '../health/health-checks.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';

/** Shows in readiness and metrics the slots of this process' worker that are held beyond lease and grace. */
@Injectable()
export class StuckRuns implements OnModuleInit {
  constructor(
    @Inject(workerToken()) private readonly host: WorkerHost,
    private readonly checks: HealthChecks,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { host } = this;
    this.checks.register('worker_slots', async () => this.report());
    new Gauge({
      name: 'fairshare_queue_stuck_runs',
      help: 'Runs of this process that hold a slot beyond lease and grace: nothing could be asked or recorded for them',
      registers: [this.registry],
      collect() {
        this.set(host.stuckRuns.length);
      },
    });
  }

  private report(): HealthReport {
    const stuck = this.host.stuckRuns.length;
    if (stuck === 0) return { state: 'up' };
    const detail =
      `${stuck} of ${this.host.slots} slots are held beyond lease and grace by runs that should have ended; ` +
      'the log says what they wait for';
    return { state: 'degraded', detail };
  }
}
