import { Body, Delete, Get, HttpCode, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { checkPreconditions, Preconditions, taggedAnswer } from '../../http/preconditions.js';
import { Problem } from '../../problems/problem.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { ConfigChange, type Made } from '../changes/config-change.js';
import { MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { QueueFollows } from '../changes/queue-follows.js';
import { lockedTier, readTier, SHOWN_OF_TIER, tierView, writeLimits } from './tier-rows.js';
import { ChangeTierDto, CreateTierDto, TierDto, TiersDto } from './tiers.dto.js';

const NAMED_TENANTS = 10;

/** Tiers with their limits. A change is in force for every tenant of the tier, on every node, at once. */
@AdminController('tiers')
export class TiersController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly queue: QueueFollows,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Every tier with its limits' })
  @ApiOkResponse({ type: TiersDto })
  async list(): Promise<TiersDto> {
    const rows = await this.prisma.tier.findMany({ select: SHOWN_OF_TIER, orderBy: { name: 'asc' } });
    return { tiers: rows.map(tierView) };
  }

  @NeedsRole('read')
  @Get(':name')
  @Preconditions()
  @ApiOperation({ summary: 'One tier; its ETag is for If-Match' })
  @ApiOkResponse({ type: TierDto })
  async read(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TierDto | undefined> {
    return taggedAnswer({ request, reply }, await readTier(this.prisma, name), tierView);
  }

  @Post()
  @MayBeDryRun()
  @ApiOperation({ summary: 'Add a tier' })
  @ApiCreatedResponse({ type: TierDto })
  create(
    @Body() body: CreateTierDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TierDto | DryRunDto> {
    return this.changes.answer<TierDto>({
      action: 'tier.create',
      target: `tier ${body.name}`,
      concerned: { tier: body.name },
      request,
      reply,
      make: async (tx) => {
        if (await tx.tier.findUnique({ where: { name: body.name } })) {
          throw new Problem('conflict', `A tier is named ${JSON.stringify(body.name)} already.`);
        }
        await tx.tier.create({
          data: {
            name: body.name,
            weight: body.weight,
            queueDepth: body.queue_depth,
            freeRequestsPerMinute: body.free_requests_per_minute,
            overflow: body.overflow,
          },
        });
        return this.written(tx, { name: body.name, limits: body.limits, before: null });
      },
    });
  }

  @Patch(':name')
  @MayBeDryRun()
  @Preconditions()
  @ApiOperation({ summary: 'Change a tier; what is not named stays' })
  @ApiOkResponse({ type: TierDto })
  change(
    @Param('name') name: string,
    @Body() body: ChangeTierDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TierDto | DryRunDto> {
    return this.changes.answer<TierDto>({
      action: 'tier.update',
      target: `tier ${name}`,
      affects: 'all',
      concerned: { tier: name },
      request,
      reply,
      make: async (tx) => {
        const before = await lockedTier(tx, name);
        checkPreconditions(request, before);
        const {
          weight,
          queue_depth: queueDepth,
          free_requests_per_minute: freeRequestsPerMinute,
          overflow,
        } = body;
        await tx.tier.update({
          where: { name },
          data: { weight, queueDepth, freeRequestsPerMinute, overflow },
        });
        return this.written(tx, { name, limits: body.limits, before: tierView(before) });
      },
      tell: () => this.queue.tier(name),
    });
  }

  @Delete(':name')
  @MayBeDryRun()
  @Preconditions()
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a tier that no tenant has' })
  @ApiNoContentResponse()
  async remove(
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DryRunDto | undefined> {
    return this.changes.answer<undefined>({
      action: 'tier.delete',
      target: `tier ${name}`,
      concerned: 'nobody',
      request,
      reply,
      make: async (tx) => {
        const before = await lockedTier(tx, name);
        checkPreconditions(request, before);
        await refuseInUse(tx, name);
        await tx.tier.delete({ where: { name } });
        return { before: tierView(before), after: null, answer: undefined };
      },
    });
  }

  private async written(
    tx: Prisma.TransactionClient,
    { name, limits, before }: { name: string; limits: ChangeTierDto['limits']; before: TierDto | null },
  ): Promise<Made<TierDto>> {
    await writeLimits(tx, name, limits ?? {});
    const row = await readTier(tx, name);
    return { before, after: tierView(row), answer: tierView(row), tag: row };
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
