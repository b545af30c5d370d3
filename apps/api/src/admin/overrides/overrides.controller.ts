import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PrismaService } from 'fairshare/prisma';
import { checkPreconditions, Preconditions, taggedAnswer } from '../../http/preconditions.js';
import { RowIdPipe } from '../../http/row-id.pipe.js';
import { operatorOf } from '../../operators/admin.guard.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { ConfigChange } from '../changes/config-change.js';
import { MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { knownTenant } from '../changes/known-names.js';
import {
  checkBurst,
  checkTimes,
  createOverride,
  openOverride,
  readOverride,
  SHOWN_OF_OVERRIDE,
  WITH_LIMIT,
} from './override-rows.js';
import { whereState } from './override-state.js';
import { overrideView, overrideViews } from './override-views.js';
import {
  CreateOverrideDto,
  ListOverridesDto,
  OverrideDto,
  OverridesDto,
  UpdateOverrideDto,
} from './overrides.dto.js';
import { QueueFollows } from '../changes/queue-follows.js';

/** Limits of one tenant replaced for a while; the tier stays untouched, and the past stays on the record. */
@AdminController('tenants/:tenantId/overrides')
export class OverridesController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly queue: QueueFollows,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Overrides in force or scheduled; ?state=all for the past ones too' })
  @ApiOkResponse({ type: OverridesDto })
  async list(
    @Param('tenantId') tenantId: string,
    @Query() { state = 'open' }: ListOverridesDto,
  ): Promise<OverridesDto> {
    await knownTenant(this.prisma, tenantId);
    const rows = await this.prisma.override.findMany({
      where: { tenantId, ...whereState(state, new Date()) },
      select: SHOWN_OF_OVERRIDE,
      orderBy: { id: 'asc' },
    });
    return { overrides: await overrideViews(this.prisma, rows) };
  }

  @NeedsRole('read')
  @Get(':id')
  @Preconditions()
  @ApiOperation({ summary: 'One override; its ETag is for If-Match' })
  @ApiOkResponse({ type: OverrideDto })
  async read(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverrideDto | undefined> {
    const row = await readOverride(this.prisma, tenantId, id);
    const view = await overrideView(this.prisma, row);
    return taggedAnswer({ request, reply }, row, () => view);
  }

  @NeedsRole('operate')
  @Post()
  @MayBeDryRun()
  @ApiOperation({ summary: 'Replace a limit for a while; in force everywhere at once' })
  @ApiCreatedResponse({ type: OverrideDto })
  create(
    @Param('tenantId') tenantId: string,
    @Body() body: CreateOverrideDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverrideDto | DryRunDto> {
    const author = operatorOf(request).name;
    return this.changes.answer<OverrideDto>({
      action: 'override.create',
      target: `limit ${body.limit}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        await knownTenant(tx, tenantId);
        const row = await createOverride(tx, { tenantId, author }, body);
        const after = await overrideView(tx, row);
        return { before: null, after, answer: after, tag: row };
      },
      tell: () => this.queue.tenant(tenantId),
    });
  }

  @NeedsRole('operate')
  @Patch(':id')
  @MayBeDryRun()
  @Preconditions()
  @ApiOperation({ summary: 'Change value, reason or times of an override' })
  @ApiOkResponse({ type: OverrideDto })
  update(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Body() body: UpdateOverrideDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverrideDto | DryRunDto> {
    return this.changes.answer<OverrideDto>({
      action: 'override.update',
      target: `override ${id}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        const before = await openOverride(tx, tenantId, id);
        checkPreconditions(request, before);
        const was = await overrideView(tx, before);
        checkBurst(before.limit.kind, body);
        const startsAt = body.starts_at ? new Date(body.starts_at) : before.startsAt;
        const expiresAt = body.expires_at ? new Date(body.expires_at) : before.expiresAt;
        checkTimes(startsAt, expiresAt);
        const { value, burst, reason } = body;
        const row = await tx.override.update({
          where: { id },
          data: { value, burst, reason, startsAt, expiresAt, version: { increment: 1 } },
          include: WITH_LIMIT,
        });
        const after = await overrideView(tx, row);
        return { before: was, after, answer: after, tag: row };
      },
      tell: () => this.queue.tenant(tenantId),
    });
  }

  @NeedsRole('operate')
  @Delete(':id')
  @MayBeDryRun()
  @Preconditions()
  @HttpCode(204)
  @ApiOperation({ summary: 'End an override now; it stays on the record' })
  @ApiNoContentResponse()
  async revoke(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DryRunDto | undefined> {
    return this.changes.answer<undefined>({
      action: 'override.revoke',
      target: `override ${id}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        const before = await openOverride(tx, tenantId, id);
        checkPreconditions(request, before);
        const was = await overrideView(tx, before);
        const row = await tx.override.update({
          where: { id },
          data: { revokedAt: new Date(), version: { increment: 1 } },
          include: WITH_LIMIT,
        });
        return { before: was, after: await overrideView(tx, row), answer: undefined };
      },
      tell: () => this.queue.tenant(tenantId),
    });
  }
}
