import { Controller, Get, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { FairQueue } from 'fairshare/queue';
import { OperatorResolver } from '../operators/operator-resolver.js';
import { FreeRequests } from '../identity/free-requests.js';
import { Public } from '../tenancy/public.decorator.js';
import { TenantResolver } from '../tenancy/tenant-resolver.js';
import { lineView } from './line-view.js';
import { QueueOverview } from './queue-overview.js';
import { QueueStatsDto } from './queue.dto.js';

/** How the queue stands: totals for anyone, its own line for a tenant, all lines for an operator of any role. */
@ApiTags('queue')
@Controller('queue')
export class QueueController {
  constructor(
    private readonly queue: FairQueue,
    private readonly overview: QueueOverview,
    private readonly tenants: TenantResolver,
    private readonly operators: OperatorResolver,
    private readonly free: FreeRequests,
  ) {}

  @Public()
  @Get('stats')
  @ApiOperation({ summary: 'Depth, oldest age, waits and throughput' })
  @ApiOkResponse({ type: QueueStatsDto })
  async stats(@Req() request: FastifyRequest): Promise<QueueStatsDto> {
    const [tenant, operator] = await Promise.all([
      this.tenants.resolve(request),
      this.operators.resolve(request),
    ]);
    if (tenant) this.free.take(tenant);
    const [stats, own] = await Promise.all([
      operator ? this.overview.withLines() : this.overview.totals(),
      tenant ? this.queue.tenantStats(tenant.tenantId) : undefined,
    ]);
    return { ...stats, ...(own && tenant ? { tenant: lineView(own, tenant.queueDepth) } : {}) };
  }
}
