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
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { Problem } from '../http/problem.js';
import { AdminController } from './admin-route.decorator.js';
import { type Change, ConfigChange } from './config-change.js';
import { DryRun } from './dry-run.js';
import { DryRunDto, DryRunQueryDto } from './dry-run.dto.js';
import { checkIfMatch, tagAnswer } from './etag.js';
import { NeedsRole } from './identity/admin-role.js';
import { QueueFollows } from './queue-follows.js';
import { lockedTier, readTier, type TierRow, tierView, WITH_LIMITS, writeLimits } from './tier-rows.js';
import { ChangeTierDto, CreateTierDto, TierDto, TiersDto } from './tiers.dto.js';

const NAMED_TENANTS = 10;
const TIER_OR_DRY_RUN = {
  schema: { oneOf: [{ $ref: getSchemaPath(TierDto) }, { $ref: getSchemaPath(DryRunDto) }] },
};

/** Tiers with their limits. A change is in force for every tenant of the tier, on every node, at once. */
@AdminController('tiers')
@ApiExtraModels(TierDto, DryRunDto)
export class TiersController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly dryRun: DryRun,
    private readonly queue: QueueFollows,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Every tier with its limits' })
  @ApiOkResponse({ type: TiersDto })
  async list(): Promise<TiersDto> {
    const rows = await this.prisma.tier.findMany({ include: WITH_LIMITS, orderBy: { name: 'asc' } });
    return { tiers: rows.map(tierView) };
  }

  @NeedsRole('read')
  @Get(':name')
  @ApiOperation({ summary: 'One tier; its ETag is for If-Match' })
  @ApiOkResponse({ type: TierDto })
  async read(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<TierDto> {
    const row = await readTier(this.prisma, name);
    tagAnswer(reply, row);
    return tierView(row);
  }

  @Post()
  @ApiOperation({ summary: 'Add a tier' })
  @ApiCreatedResponse({ type: TierDto })
  @ApiOkResponse({ type: DryRunDto, description: 'Of a dry run' })
  create(
    @Body() body: CreateTierDto,
    @Query() { dry_run }: DryRunQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TierDto | DryRunDto> {
    const change: Change<TierRow> = {
      action: 'tier.create',
      target: `tier ${body.name}`,
      request,
      make: async (tx) => {
        if (await tx.tier.findUnique({ where: { name: body.name } })) {
          throw new Problem('conflict', `A tier is named ${JSON.stringify(body.name)} already.`);
        }
        await tx.tier.create({
          data: {
            name: body.name,
            weight: body.weight,
            queueDepth: body.queue_depth,
            overflow: body.overflow,
          },
        });
        return this.written(tx, { name: body.name, limits: body.limits, before: null });
      },
    };
    if (dry_run) void reply.status(200);
    return this.finish(change, { name: body.name, dryRun: dry_run, reply });
  }

  @Patch(':name')
  @ApiOperation({ summary: 'Change a tier; what is not named stays' })
  @ApiOkResponse(TIER_OR_DRY_RUN)
  change(
    @Param('name') name: string,
    @Body() body: ChangeTierDto,
    @Query() { dry_run }: DryRunQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TierDto | DryRunDto> {
    const change: Change<TierRow> = {
      action: 'tier.update',
      target: `tier ${name}`,
      affects: 'all',
      request,
      make: async (tx) => {
        const before = await lockedTier(tx, name);
        checkIfMatch(request, before);
        const { weight, queue_depth: queueDepth, overflow } = body;
        await tx.tier.update({ where: { name }, data: { weight, queueDepth, overflow } });
        return this.written(tx, { name, limits: body.limits, before: tierView(before) });
      },
    };
    return this.finish(change, { name, dryRun: dry_run, reply });
  }

  @Delete(':name')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a tier that no tenant has' })
  @ApiNoContentResponse()
  async remove(@Param('name') name: string, @Req() request: FastifyRequest): Promise<void> {
    await this.changes.apply({
      action: 'tier.delete',
      target: `tier ${name}`,
      request,
      make: async (tx) => {
        const before = await lockedTier(tx, name);
        checkIfMatch(request, before);
        await refuseInUse(tx, name);
        await tx.tier.delete({ where: { name } });
        return { before: tierView(before), after: null, answer: undefined };
      },
    });
  }

  private async written(
    tx: Prisma.TransactionClient,
    { name, limits, before }: { name: string; limits: ChangeTierDto['limits']; before: TierDto | null },
  ) {
    await writeLimits(tx, name, limits ?? {});
    const row = await readTier(tx, name);
    return { before, after: tierView(row), answer: row };
  }

  private async finish(
    change: Change<TierRow>,
    { name, dryRun, reply }: { name: string; dryRun: boolean | undefined; reply: FastifyReply },
  ): Promise<TierDto | DryRunDto> {
    if (dryRun) return this.dryRun.of(change, { tier: name });
    const row = await this.changes.apply(change);
    await this.queue.tier(name);
    tagAnswer(reply, row);
    return tierView(row);
  }
}

async function refuseInUse(tx: Prisma.TransactionClient, tierName: string): Promise<void> {
  const where = { tierName };
  const count = await tx.tenant.count({ where });
  if (count === 0) return;
  const users = await tx.tenant.findMany({
    where,
    orderBy: { id: 'asc' },
    take: NAMED_TENANTS,
    select: { id: true },
  });
  const ids = users.map(({ id }) => id);
  const more = count > ids.length ? ` and ${count - ids.length} more` : '';
  throw new Problem(
    'conflict',
    `${count} tenants have this tier: ${ids.join(', ')}${more}. Move them first.`,
    {
      fields: { tenants: ids, tenant_count: count },
    },
  );
}
