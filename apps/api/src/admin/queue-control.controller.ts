import { Body, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { JobJournal } from '../jobs/job-journal.js';
import { lineView } from '../queue/line-view.js';
import { LongestLines } from '../queue/longest-lines.js';
import { QueueOverview } from '../queue/queue-overview.js';
import { QueueStatsDto, TenantLineDto } from '../queue/queue.dto.js';
import { AdminController } from './admin-route.decorator.js';
import { ConfigChange } from './config-change.js';
import { NeedsRole } from './identity/admin-role.js';
import { knownTenant } from './known-names.js';
import { OneOrAllDto, PausedDto, PurgeDto, PurgedDto, RequeuedDto, RequeueDto } from './queue-control.dto.js';

const EVERYBODY = '*';

/** The lines of all tenants, and what an operator can do with them. */
@AdminController('queue')
export class QueueControlController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    private readonly lines: LongestLines,
    private readonly queueOverview: QueueOverview,
    private readonly changes: ConfigChange,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'The whole queue, and its longest lines' })
  @ApiOkResponse({ type: QueueStatsDto })
  overview(): Promise<QueueStatsDto> {
    return this.queueOverview.withLines();
  }

  @NeedsRole('read')
  @Get(':tenantId')
  @ApiOperation({ summary: "A tenant's line: depth, what it waits for, until when" })
  @ApiOkResponse({ type: TenantLineDto })
  async line(@Param('tenantId') tenantId: string): Promise<TenantLineDto> {
    const { tierName } = await knownTenant(this.prisma, tenantId);
    const [stats, tier] = await Promise.all([
      this.queue.tenantStats(tenantId),
      this.prisma.tier.findUniqueOrThrow({ where: { name: tierName } }),
    ]);
    return lineView(stats, tier.queueDepth);
  }

  @NeedsRole('operate')
  @Post('pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Start no more jobs of a tenant, or of all; what runs goes on' })
  @ApiOkResponse({ type: PausedDto })
  pause(@Body() { tenant_id }: OneOrAllDto, @Req() request: FastifyRequest): Promise<PausedDto> {
    return this.setPaused(tenant_id, true, request);
  }

  @NeedsRole('operate')
  @Post('resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Start jobs again' })
  @ApiOkResponse({ type: PausedDto })
  resume(@Body() { tenant_id }: OneOrAllDto, @Req() request: FastifyRequest): Promise<PausedDto> {
    return this.setPaused(tenant_id, false, request);
  }

  @NeedsRole('operate')
  @Post('purge')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel every job of a tenant, or, with *, of everybody' })
  @ApiOkResponse({ type: PurgedDto })
  async purge(@Body() { tenant_id: tenantId }: PurgeDto, @Req() request: FastifyRequest): Promise<PurgedDto> {
    const removed = await this.changes.apply({
      action: 'queue.purge',
      target: tenantId === EVERYBODY ? 'all tenants' : `tenant ${tenantId}`,
      ...(tenantId === EVERYBODY ? {} : { tenantId }),
      request,
      make: async (tx) => {
        if (tenantId !== EVERYBODY) await knownTenant(tx, tenantId);
        let purged = 0;
        for (const id of tenantId === EVERYBODY ? await this.lines.all() : [tenantId]) {
          purged += await this.queue.purge(id, this.journal);
        }
        return { before: null, after: { removed: purged }, answer: purged };
      },
    });
    return { tenant_id: tenantId, removed };
  }

  @NeedsRole('operate')
  @Post('requeue')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give dead jobs their attempts back: one, those of a tenant, or all' })
  @ApiOkResponse({ type: RequeuedDto })
  async requeue(@Body() body: RequeueDto, @Req() request: FastifyRequest): Promise<RequeuedDto> {
    const { tenant_id: tenantId, job_id: jobId } = body;
    const requeued = await this.changes.apply({
      action: 'queue.requeue',
      target: jobId ? `job ${jobId}` : (tenantId ?? 'all tenants'),
      ...(tenantId === undefined ? {} : { tenantId }),
      request,
      make: async (tx) => {
        if (tenantId !== undefined) await knownTenant(tx, tenantId);
        const count = await this.queue.requeueDead({ tenantId, jobId }, this.journal);
        return { before: null, after: { requeued: count }, answer: count };
      },
    });
    return { tenant_id: tenantId ?? null, requeued };
  }

  private async setPaused(
    tenantId: string | undefined,
    paused: boolean,
    request: FastifyRequest,
  ): Promise<PausedDto> {
    await this.changes.apply({
      action: paused ? 'queue.pause' : 'queue.resume',
      target: tenantId === undefined ? 'all tenants' : `tenant ${tenantId}`,
      ...(tenantId === undefined ? {} : { tenantId }),
      request,
      make: async (tx) => {
        if (tenantId === undefined) await (paused ? this.queue.pauseAll() : this.queue.resumeAll());
        else {
          await knownTenant(tx, tenantId);
          await (paused ? this.queue.pause(tenantId) : this.queue.resume(tenantId));
        }
        return { before: { paused: !paused }, after: { paused }, answer: undefined };
      },
    });
    return { tenant_id: tenantId ?? null, paused };
  }
}
