import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PrismaService } from 'fairshare/prisma';
import { RowIdPipe } from '../http/row-id.pipe.js';
import { operatorOf } from './admin.guard.js';
import { AdminController } from './admin-route.decorator.js';
import { type Change, ConfigChange } from './config-change.js';
import { DryRun } from './dry-run.js';
import { DryRunDto, DryRunQueryDto } from './dry-run.dto.js';
import { checkIfMatch, tagAnswer } from './etag.js';
import { NeedsRole } from './identity/admin-role.js';
import { knownTenant } from './known-names.js';
import {
  checkBurst,
  checkTimes,
  createOverride,
  openOverride,
  type OverrideRow,
  overrideView,
  readOverride,
  WITH_LIMIT,
} from './override-rows.js';
import { whereState } from './override-state.js';
import {
  CreateOverrideDto,
  ListOverridesDto,
  OverrideDto,
  OverridesDto,
  UpdateOverrideDto,
} from './overrides.dto.js';
import { QueueFollows } from './queue-follows.js';

const OVERRIDE_OR_DRY_RUN = {
  schema: { oneOf: [{ $ref: getSchemaPath(OverrideDto) }, { $ref: getSchemaPath(DryRunDto) }] },
};

/** Limits of one tenant replaced for a while; the tier stays untouched, and the past stays on the record. */
@AdminController('tenants/:tenantId/overrides')
@ApiExtraModels(OverrideDto, DryRunDto)
export class OverridesController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly dryRun: DryRun,
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
      include: WITH_LIMIT,
      orderBy: { id: 'asc' },
    });
    return { overrides: rows.map((row) => overrideView(row)) };
  }

  @NeedsRole('read')
  @Get(':id')
  @ApiOperation({ summary: 'One override; its ETag is for If-Match' })
  @ApiOkResponse({ type: OverrideDto })
  async read(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverrideDto> {
    const row = await readOverride(this.prisma, tenantId, id);
    tagAnswer(reply, row);
    return overrideView(row);
  }

  @NeedsRole('operate')
  @Post()
  @ApiOperation({ summary: 'Replace a limit for a while; in force everywhere at once' })
  @ApiCreatedResponse({ type: OverrideDto })
  @ApiOkResponse({ type: DryRunDto, description: 'Of a dry run' })
  create(
    @Param('tenantId') tenantId: string,
    @Body() body: CreateOverrideDto,
    @Query() { dry_run }: DryRunQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverrideDto | DryRunDto> {
    const author = operatorOf(request).name;
    const change: Change<OverrideRow> = {
      action: 'override.create',
      target: `limit ${body.limit}`,
      tenantId,
      request,
      make: async (tx) => {
        await knownTenant(tx, tenantId);
        const row = await createOverride(tx, { tenantId, author }, body);
        return { before: null, after: overrideView(row), answer: row };
      },
    };
    if (dry_run) void reply.status(200);
    return this.finish(change, { tenantId, dryRun: dry_run, reply });
  }

  @NeedsRole('operate')
  @Patch(':id')
  @ApiOperation({ summary: 'Change value, reason or times of an override' })
  @ApiOkResponse(OVERRIDE_OR_DRY_RUN)
  update(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Body() body: UpdateOverrideDto,
    @Query() { dry_run }: DryRunQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverrideDto | DryRunDto> {
    const change: Change<OverrideRow> = {
      action: 'override.update',
      target: `override ${id}`,
      tenantId,
      request,
      make: async (tx) => {
        const before = await openOverride(tx, tenantId, id);
        checkIfMatch(request, before);
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
        return { before: overrideView(before), after: overrideView(row), answer: row };
      },
    };
    return this.finish(change, { tenantId, dryRun: dry_run, reply });
  }

  @NeedsRole('operate')
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End an override now; it stays on the record' })
  @ApiNoContentResponse()
  async revoke(
    @Param('tenantId') tenantId: string,
    @Param('id', RowIdPipe) id: number,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.changes.apply({
      action: 'override.revoke',
      target: `override ${id}`,
      tenantId,
      request,
      make: async (tx) => {
        const before = await openOverride(tx, tenantId, id);
        checkIfMatch(request, before);
        const row = await tx.override.update({
          where: { id },
          data: { revokedAt: new Date(), version: { increment: 1 } },
          include: WITH_LIMIT,
        });
        return { before: overrideView(before), after: overrideView(row), answer: undefined };
      },
    });
    await this.queue.tenant(tenantId);
  }

  private async finish(
    change: Change<OverrideRow>,
    { tenantId, dryRun, reply }: { tenantId: string; dryRun: boolean | undefined; reply: FastifyReply },
  ): Promise<OverrideDto | DryRunDto> {
    if (dryRun) return this.dryRun.of(change, { tenantId });
    const row = await this.changes.apply(change);
    await this.queue.tenant(tenantId);
    tagAnswer(reply, row);
    return overrideView(row);
  }
}
