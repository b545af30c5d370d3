import { Body, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiOkResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { lineView } from '../../queue/line-view.js';
import { QueueOverview } from '../../queue/queue-overview.js';
import { QueueStatsDto, TenantLineDto } from '../../queue/queue.dto.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { Commands } from '../commands/commands.js';
import type { CommandDto } from '../commands/commands.dto.js';
import { IsCommand } from '../commands/is-command.decorator.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { knownTenant } from '../changes/known-names.js';
import { OneOrAllDto, RequeueDto, whichDead, whoseLine } from './queue-control.dto.js';

type Answer = Promise<CommandDto | DryRunDto>;

/** The lines of all tenants, and what an operator can do with them. */
@AdminController('queue')
export class QueueControlController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
    private readonly queueOverview: QueueOverview,
    private readonly commands: Commands,
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
      this.prisma.tier.findUniqueOrThrow({ where: { name: tierName }, select: { queueDepth: true } }),
    ]);
    return lineView(stats, tier.queueDepth);
  }

  @NeedsRole('operate')
  @Post('pause')
  @HttpCode(200)
  @IsCommand()
  @ApiOperation({ summary: 'Start no more jobs of a tenant, or of all; what runs goes on' })
  pause(
    @Body() body: OneOrAllDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Answer {
    return this.commands.answer({ action: 'queue.pause', tenantId: whoseLine(body) }, { request, reply });
  }

  @NeedsRole('operate')
  @Post('resume')
  @HttpCode(200)
  @IsCommand()
  @ApiOperation({ summary: 'Start jobs again' })
  resume(
    @Body() body: OneOrAllDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Answer {
    return this.commands.answer({ action: 'queue.resume', tenantId: whoseLine(body) }, { request, reply });
  }

  @NeedsRole('operate')
  @Post('purge')
  @HttpCode(200)
  @IsCommand()
  @ApiOperation({ summary: 'Cancel every job of a tenant, or of all' })
  purge(
    @Body() body: OneOrAllDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Answer {
    return this.commands.answer({ action: 'queue.purge', tenantId: whoseLine(body) }, { request, reply });
  }

  @NeedsRole('operate')
  @Post('requeue')
  @HttpCode(200)
  @IsCommand()
  @ApiOperation({ summary: 'Give dead jobs their attempts back: one, those of a tenant, or all' })
  requeue(
    @Body() body: RequeueDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Answer {
    return this.commands.answer({ action: 'queue.requeue', ...whichDead(body) }, { request, reply });
  }
}
