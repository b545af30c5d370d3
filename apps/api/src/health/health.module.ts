import { Global, Module } from '@nestjs/common';
import { HealthChecks } from './health-checks.js';
import { HealthController } from './health.controller.js';
import { PartChecks } from './part-checks.js';

/** The probes, and the registry where any module adds what readiness should name. */
@Global()
@Module({
  controllers: [HealthController],
  providers: [HealthChecks, PartChecks],
  exports: [HealthChecks],
})
export class HealthModule {}
