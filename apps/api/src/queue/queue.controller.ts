import { Controller, Get, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { FairQueue, type QueueStats } from 'fairshare/queue';
import { isoOrNull } from '../http/quota-problem.js';
import { Public } from '../tenancy/public.decorator.js';
import { TenantResolver } from '../tenancy/tenant-resolver.js';

/** How the queue stands: totals for anyone, a tenant's own line for the tenant. */
@ApiTags('queue')
@Controller('queue')
export class QueueController {
  constructor(
    private readonly queue: FairQueue,
    private readonly tenants: TenantResolver,
  ) {}

  @Public()
  @Get('stats')
  @ApiOperation({ summary: 'Depth, oldest age, waits and throughput' })
  async stats(@Req() request: FastifyRequest): Promise<unknown> {
    const tenant = await this.tenants.resolve(request);
    const [total, own] = await Promise.all([
      this.queue.stats(),
      tenant ? this.queue.tenantStats(tenant.tenantId) : undefined,
    ]);
    return {
      ...statsView(total),
      max_jobs: total.maxJobs,
      ready_tenants: total.readyTenants,
      ...(own && tenant
        ? {
            tenant: {
              tenant_id: own.tenantId,
              ...statsView(own),
              max_jobs: tenant.queueDepth,
              weight: own.weight,
              paused: own.paused,
              waiting_for: own.parkReason,
              until: isoOrNull(own.parkedUntilMs),
            },
          }
        : {}),
    };
  }
}

function statsView(stats: QueueStats): Record<string, unknown> {
  return {
    waiting: stats.waiting,
    delayed: stats.delayed,
    running: stats.running,
    dead: stats.dead,
    oldest_age_ms: Math.round(stats.oldestAgeMs),
    wait_ms: stats.waitMs,
    throughput_per_second: stats.throughputPerSecond,
  };
}
