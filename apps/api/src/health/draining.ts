import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HealthChecks } from './health-checks.js';

/** Whether this process is about to end: a load balancer sends nothing more once readiness says so. */
@Injectable()
export class Draining implements OnModuleInit {
  private hasBegun = false;

  constructor(private readonly checks: HealthChecks) {}

  onModuleInit(): void {
    this.checks.register('draining', async () =>
      this.hasBegun
        ? { state: 'down', detail: 'This node was told to stop: it still serves, and takes no more traffic' }
        : { state: 'up' },
    );
  }

  begin(): void {
    this.hasBegun = true;
  }
}
