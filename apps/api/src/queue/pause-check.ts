import { Injectable, type OnModuleInit } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { HealthChecks } from '../health/health-checks.js';

/** Shows in readiness that an operator paused all tenants; requests are still served. */
@Injectable()
export class PauseCheck implements OnModuleInit {
  constructor(
    private readonly checks: HealthChecks,
    private readonly queue: FairQueue,
  ) {}

  onModuleInit(): void {
    this.checks.register('queue_pause', async () => {
      // A queue that cannot be read is told by its own part.
      const stats = await this.queue.stats().catch(() => undefined);
      if (!stats?.paused) return { state: 'up' };
      return {
        state: 'degraded',
        detail: 'An operator paused all tenants: no job starts until POST /admin/queue/resume',
      };
    });
  }
}
