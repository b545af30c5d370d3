import { Global, Module } from '@nestjs/common';
import { AuditRoleCheck } from './audit-role-check.js';
import { Draining } from './draining.js';
import { HealthChecks } from './health-checks.js';
import { HealthController } from './health.controller.js';
import { PartChecks } from './part-checks.js';
import { RedisMemoryCheck } from './redis-memory-check.js';
import { SchemaCheck } from './schema-check.js';

/** The probes, and the registry where any module adds what readiness should name. */
@Global()
@Module({
  controllers: [HealthController],
  providers: [HealthChecks, Draining, PartChecks, SchemaCheck, AuditRoleCheck, RedisMemoryCheck],
  exports: [HealthChecks],
})
export class HealthModule {}
