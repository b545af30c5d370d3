import { Controller, Get, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { FairQueue } from 'fairshare/queue';
import { Public } from '../tenancy/public.decorator.js';
import { TenantResolver } from '../tenancy/tenant-resolver.js';
import { lineView, statsView } from './line-view.js';
import { QueueStatsDto } from './queue.dto.js';

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
  @ApiOkResponse({ type: QueueStatsDto })
  async stats(@Req() request: FastifyRequest): Promise<QueueStatsDto> {
    const tenant = await this.tenants.resolve(request);
    const [total, own] = await Promise.all([
      this.queue.stats(),
      tenant ? this.queue.tenantStats(tenant.tenantId) : undefined,
    ]);
    return {
      ...statsView(total),
      max_jobs: total.maxJobs,
      ready_tenants: total.readyTenants,
      ...(own && tenant ? { tenant: lineView(own, tenant.queueDepth) } : {}),
    };
  }
}
