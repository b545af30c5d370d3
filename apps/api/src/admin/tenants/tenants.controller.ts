import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { checkPreconditions, Preconditions, taggedAnswer } from '../../http/preconditions.js';
import { Problem } from '../../problems/problem.js';
import { ApiKeys } from '../../tenancy/api-keys.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { doerOf } from '../changes/audit-row.js';
import type { Command } from '../commands/command.js';
import { CommandRows } from '../commands/command-rows.js';
import { Commands } from '../commands/commands.js';
import { CommandDto } from '../commands/commands.dto.js';
import { jobsOf } from '../commands/queue-standing.js';
import { type Change, ConfigChange } from '../changes/config-change.js';
import { isDryRun, MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { knownTenant, knownTier, lockedTenant } from '../changes/known-names.js';
import { QueueFollows } from '../changes/queue-follows.js';
import { ChangeTenantDto, CreateTenantDto, ListTenantsDto, TenantDto, TenantsDto } from './tenants.dto.js';

const SHOWN = {
  id: true,
  tierName: true,
  status: true,
  weight: true,
  metadata: true,
  createdAt: true,
  updatedAt: true,
} as const satisfies Prisma.TenantSelect;

/** Tenants: tier, status, weight and whatever the operator keeps of them. */
@AdminController('tenants')
export class TenantsController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly follows: QueueFollows,
    private readonly queue: FairQueue,
    private readonly commands: Commands,
    private readonly commandRows: CommandRows,
    private readonly apiKeys: ApiKeys,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Tenants by id, page by page' })
  @ApiOkResponse({ type: TenantsDto })
  async list(@Query() { tier, status, cursor, limit = 100 }: ListTenantsDto): Promise<TenantsDto> {
    const rows = await this.prisma.tenant.findMany({
      select: SHOWN,
      where: { tierName: tier, status, ...(cursor === undefined ? {} : { id: { gt: cursor } }) },
      orderBy: { id: 'asc' },
      take: limit + 1,
    });
    const page = rows.slice(0, limit);
    return { tenants: page.map(tenantView), next_cursor: rows.length > limit ? page.at(-1)!.id : null };
  }

  @NeedsRole('read')
  @Get(':tenantId')
  @Preconditions()
  @ApiOperation({ summary: 'One tenant; its ETag is for If-Match' })
  @ApiOkResponse({ type: TenantDto })
  async read(
    @Param('tenantId') tenantId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto | undefined> {
    const row = await knownTenant(this.prisma, tenantId);
    const line = await this.queue.tenantStats(tenantId).catch(() => undefined);
    const queue = line ? { paused: line.paused, all_paused: line.queuePaused } : null;
    return taggedAnswer({ request, reply }, row, (known) => ({ ...tenantView(known), queue }));
  }

  @Post()
  @MayBeDryRun()
  @ApiOperation({ summary: 'Add a tenant' })
  @ApiCreatedResponse({ type: TenantDto })
  async create(
    @Body() body: CreateTenantDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto | DryRunDto> {
    const { id } = body;
    return this.changes.answer<TenantDto>({
      action: 'tenant.create',
      target: `tenant ${id}`,
      tenantId: id,
      concerned: { tenantId: id },
      request,
      reply,
      make: async (tx) => {
        if (await tx.tenant.findUnique({ where: { id } })) {
          throw new Problem('conflict', `A tenant has the id ${JSON.stringify(id)} already.`);
        }
        await refuseWhileCleared(tx, id);
        const tier = await knownTier(tx, body.tier);
        const { status, weight, metadata } = body;
        const made = await tx.tenant.create({
          data: { id, tierName: tier.name, status, weight, metadata: metadata as Prisma.InputJsonValue },
        });
        return { before: null, after: tenantView(made), answer: tenantView(made), tag: made };
      },
    });
  }

  @Patch(':tenantId')
  @MayBeDryRun()
  @Preconditions()
  @ApiOperation({ summary: 'Change a tenant; what is not named stays. In force everywhere at once' })
  @ApiOkResponse({ type: TenantDto })
  async change(
    @Param('tenantId') tenantId: string,
    @Body() body: ChangeTenantDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto | DryRunDto> {
    return this.changes.answer<TenantDto>({
      action: 'tenant.update',
      target: `tenant ${tenantId}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        const before = await lockedTenant(tx, tenantId);
        checkPreconditions(request, before);
        if (body.tier !== undefined) await knownTier(tx, body.tier);
        const { status, weight, metadata } = body;
        const made = await tx.tenant.update({
          where: { id: tenantId },
          data: {
            tierName: body.tier,
            status,
            weight,
            metadata: metadata as Prisma.InputJsonValue | undefined,
          },
        });
        return { before: tenantView(before), after: tenantView(made), answer: tenantView(made), tag: made };
      },
      tell: () => this.follows.tenant(tenantId),
    });
  }

  @Delete(':tenantId')
  @MayBeDryRun()
  @Preconditions()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a tenant with everything of it: keys, overrides, jobs, counters, history',
  })
  @ApiNoContentResponse({ description: 'It is gone, with everything of it' })
  @ApiResponse({
    status: 202,
    type: CommandDto,
    description:
      'It is gone; its jobs and counters in Redis are still being cleared, which goes on by itself',
  })
  async remove(
    @Param('tenantId') tenantId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandDto | DryRunDto | undefined> {
    const jobs = await jobsOf(this.queue, tenantId).catch(() => null);
    const change: Change<Command> = {
      action: 'tenant.delete',
      target: `tenant ${tenantId}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        const before = await lockedTenant(tx, tenantId);
        checkPreconditions(request, before);
        await tx.tenant.delete({ where: { id: tenantId } });
        const order = { action: 'tenant.clear', tenantId } as const;
        const clear = await this.commandRows.beginIn(tx, order, { doer: doerOf(request), before: jobs });
        return { before: tenantView(before), after: null, answer: clear };
      },
      tell: () => this.apiKeys.revoked(),
    };
    if (isDryRun(request)) return (await this.changes.answer(change)) as DryRunDto;
    const { answer: clear } = await this.changes.commit(change);
    await this.changes.propagate(change);
    const cleared = await this.commands.done(clear, reply);
    if (cleared.state !== 'done') return cleared;
    void reply.status(204);
    return undefined;
  }
}

/** Or what the tenant of the same id left in Redis would be taken from the new one. */
async function refuseWhileCleared(tx: Prisma.TransactionClient, tenantId: string): Promise<void> {
  const where = { action: 'tenant.clear', tenantId, state: 'running' as const };
  if (!(await tx.adminCommand.findFirst({ where }))) return;
  throw new Problem(
    'conflict',
    'The tenant that had this id is still being cleared; try again in some seconds.',
  );
}

function tenantView(row: Pick<Prisma.TenantModel, keyof typeof SHOWN>): TenantDto {
  return {
    id: row.id,
    tier: row.tierName,
    status: row.status,
    weight: row.weight,
    metadata: row.metadata,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
