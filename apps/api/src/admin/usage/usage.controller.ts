import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { isoOrNull } from '../../problems/quota-problem.js';
import { type Pressure, QuotaPressure } from '../../usage/quota-pressure.js';
import { UsageHistory } from '../../usage/usage-history.js';
import { spanOf, usageView } from '../../usage/usage-view.js';
import { UsageDto, UsageQueryDto } from '../../usage/usage.dto.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { knownTenant } from '../changes/known-names.js';
import { PressureDto, type PressureEntryDto, PressureQueryDto, TopDto, TopQueryDto } from './usage.dto.js';

const DAY_MS = 86_400_000;

/** Who used how much, and who is about to be refused. */
@AdminController('')
export class AdminUsageController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly history: UsageHistory,
    private readonly pressure: QuotaPressure,
    private readonly queue: FairQueue,
  ) {}

  @NeedsRole('read')
  @Get('tenants/:tenantId/usage')
  @ApiOperation({ summary: 'What a tenant spent by hour, day or month (UTC)' })
  @ApiOkResponse({ type: UsageDto })
  async usage(@Param('tenantId') tenantId: string, @Query() query: UsageQueryDto): Promise<UsageDto> {
    await knownTenant(this.prisma, tenantId);
    return usageView(this.history, tenantId, query);
  }

  @NeedsRole('read')
  @Get('usage/top')
  @ApiOperation({ summary: 'The tenants that spent most of a resource' })
  @ApiOkResponse({ type: TopDto })
  async top(@Query() query: TopQueryDto): Promise<TopDto> {
    const resource = query.resource ?? 'queries';
    const { from, to } = spanOf(query, DAY_MS);
    const top = await this.history.top({ resource, from, to, limit: query.limit ?? 10 });
    return {
      resource,
      from: from.toISOString(),
      to: to.toISOString(),
      tenants: top.map(({ tenantId, amount, overrun }) => ({
        tenant_id: tenantId,
        amount,
        overrun,
      })),
    };
  }

  @NeedsRole('read')
  @Get('usage/pressure')
  @ApiOperation({
    summary: 'Limits that are nearly or wholly used up, worst first, with the line behind them',
  })
  @ApiOkResponse({ type: PressureDto })
  async worst(@Query() { above, name, limit }: PressureQueryDto): Promise<PressureDto> {
    const worst = await this.pressure.worst({ above: above ?? 0.8, limit: limit ?? 20, limitName: name });
    return { limits: await Promise.all(worst.map((entry) => this.entryOf(entry))) };
  }

  private async entryOf({ resetsAt, limitName, tenantId, ...entry }: Pressure): Promise<PressureEntryDto> {
    const { waiting, parkReason } = await this.queue.tenantStats(tenantId);
    return {
      tenant_id: tenantId,
      tier: entry.tier,
      name: limitName,
      limit: entry.limit,
      used: entry.used,
      overrun: entry.overrun,
      ratio: Math.round(entry.ratio * 1_000) / 1_000,
      source: entry.source,
      resets_at: isoOrNull(resetsAt?.getTime() ?? null),
      waiting,
      waiting_for: parkReason,
    };
  }
}
