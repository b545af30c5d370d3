import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { Problem } from '../http/problem.js';
import { ApiKeys } from '../tenancy/api-keys.js';
import { AdminController } from './admin-route.decorator.js';
import { ConfigChange } from './config-change.js';
import { checkIfMatch, tagAnswer } from './etag.js';
import { NeedsRole } from './identity/admin-role.js';
import { knownTenant, knownTier, lockedTenant } from './known-names.js';
import { QueueFollows } from './queue-follows.js';
import { ChangeTenantDto, CreateTenantDto, ListTenantsDto, TenantDto, TenantsDto } from './tenants.dto.js';

/** Tenants: tier, status, weight and whatever the operator keeps of them. */
@AdminController('tenants')
export class TenantsController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly follows: QueueFollows,
    private readonly queue: FairQueue,
    private readonly quota: QuotaService,
    private readonly apiKeys: ApiKeys,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Tenants by id, page by page' })
  @ApiOkResponse({ type: TenantsDto })
  async list(@Query() { tier, status, cursor, limit = 100 }: ListTenantsDto): Promise<TenantsDto> {
    const rows = await this.prisma.tenant.findMany({
      where: { tierName: tier, status, ...(cursor === undefined ? {} : { id: { gt: cursor } }) },
      orderBy: { id: 'asc' },
      take: limit + 1,
    });
    const page = rows.slice(0, limit);
    return { tenants: page.map(tenantView), next_cursor: rows.length > limit ? page.at(-1)!.id : null };
  }

  @NeedsRole('read')
  @Get(':tenantId')
  @ApiOperation({ summary: 'One tenant; its ETag is for If-Match' })
  @ApiOkResponse({ type: TenantDto })
  async read(
    @Param('tenantId') tenantId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto> {
    const row = await knownTenant(this.prisma, tenantId);
    tagAnswer(reply, row);
    const line = await this.queue.tenantStats(tenantId).catch(() => undefined);
    return {
      ...tenantView(row),
      queue: line ? { paused: line.paused, all_paused: line.queuePaused } : null,
    };
  }

  @Post()
  @ApiOperation({ summary: 'Add a tenant' })
  @ApiCreatedResponse({ type: TenantDto })
  async create(
    @Body() body: CreateTenantDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto> {
    const id = parseNewId(body.id);
    const row = await this.changes.apply({
      action: 'tenant.create',
      target: `tenant ${id}`,
      tenantId: id,
      request,
      make: async (tx) => {
        if (await tx.tenant.findUnique({ where: { id } })) {
          throw new Problem('conflict', `A tenant has the id ${JSON.stringify(id)} already.`);
        }
        const tier = await knownTier(tx, body.tier);
        const { status, weight, metadata } = body;
        const made = await tx.tenant.create({
          data: { id, tierName: tier.name, status, weight, metadata: metadata as Prisma.InputJsonValue },
        });
        return { before: null, after: tenantView(made), answer: made };
      },
    });
    tagAnswer(reply, row);
    return tenantView(row);
  }

  @Patch(':tenantId')
  @ApiOperation({ summary: 'Change a tenant; what is not named stays. In force everywhere at once' })
  @ApiOkResponse({ type: TenantDto })
  async change(
    @Param('tenantId') tenantId: string,
    @Body() body: ChangeTenantDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantDto> {
    const row = await this.changes.apply({
      action: 'tenant.update',
      target: `tenant ${tenantId}`,
      tenantId,
      request,
      make: async (tx) => {
        const before = await lockedTenant(tx, tenantId);
        checkIfMatch(request, before);
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
        return { before: tenantView(before), after: tenantView(made), answer: made };
      },
    });
    await this.follows.tenant(tenantId);
    tagAnswer(reply, row);
    return tenantView(row);
  }

  @Delete(':tenantId')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a tenant with everything of it: keys, overrides, jobs, counters, history',
  })
  @ApiNoContentResponse()
  async remove(@Param('tenantId') tenantId: string, @Req() request: FastifyRequest): Promise<void> {
    const id = parseTenantId(tenantId);
    await this.changes.apply({
      action: 'tenant.delete',
      target: `tenant ${tenantId}`,
      tenantId,
      request,
      make: async (tx) => {
        const before = await lockedTenant(tx, tenantId);
        checkIfMatch(request, before);
        await tx.tenant.delete({ where: { id: tenantId } });
        // While its limits can still be read elsewhere: a tenant that comes back under this id begins at zero.
        await this.quota.reset({ tenantId: id });
        return { before: tenantView(before), after: null, answer: undefined };
      },
    });
    await Promise.all([this.queue.purge(tenantId), this.apiKeys.revoked()]);
  }
}

function parseNewId(id: string): string {
  try {
    return parseTenantId(id);
  } catch (error) {
    throw new Problem('invalid_request', `id: ${(error as Error).message}`);
  }
}

function tenantView(row: Prisma.TenantModel): TenantDto {
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
