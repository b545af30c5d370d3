import { Body, Get, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { Problem } from '../../problems/problem.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { ConfigChange } from '../changes/config-change.js';
import { MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { CreateLimitDto, LimitDefinitionDto, LimitDefinitionsDto } from './limits.dto.js';

const SHOWN = {
  id: true,
  name: true,
  resource: true,
  kind: true,
  period: true,
  onHoldExpiry: true,
  description: true,
} as const satisfies Prisma.LimitDefinitionSelect;

/** The id stands in one byte of every tenant's packed counters. */
const MOST_LIMITS = 255;

/** Names of limits that tiers and overrides can set. They are added, and never removed: counters tell them by number. */
@AdminController('limits')
export class LimitsController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Every limit there is to set' })
  @ApiOkResponse({ type: LimitDefinitionsDto })
  async list(): Promise<LimitDefinitionsDto> {
    const rows = await this.prisma.limitDefinition.findMany({ select: SHOWN, orderBy: { id: 'asc' } });
    return { limits: rows.map(limitView) };
  }

  @Post()
  @MayBeDryRun()
  @ApiOperation({ summary: 'Add a limit; it binds nobody until a tier or an override gives it a value' })
  @ApiCreatedResponse({ type: LimitDefinitionDto })
  create(
    @Body() body: CreateLimitDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LimitDefinitionDto | DryRunDto> {
    const isPeriodic = body.kind === 'window' || body.kind === 'bucket';
    if (isPeriodic !== (body.period !== undefined)) {
      throw new Problem(
        'invalid_request',
        isPeriodic ? `period must be set for a ${body.kind}.` : `period makes no sense for a ${body.kind}.`,
      );
    }
    return this.changes.answer({
      action: 'limit.create',
      target: `limit ${body.name}`,
      // Every node shall know the resource at once.
      affects: 'all',
      concerned: 'nobody',
      request,
      reply,
      make: async (tx) => {
        const row = await tx.limitDefinition.create({
          data: {
            id: await nextId(tx, body.name),
            name: body.name,
            resource: body.resource,
            kind: body.kind,
            period: body.period,
            onHoldExpiry: body.on_hold_expiry,
            description: body.description,
          },
        });
        return { before: null, after: limitView(row), answer: limitView(row) };
      },
    });
  }
}

async function nextId(tx: Prisma.TransactionClient, name: string): Promise<number> {
  await tx.$executeRaw`LOCK TABLE limit_definitions IN SHARE ROW EXCLUSIVE MODE`;
  if (await tx.limitDefinition.findUnique({ where: { name } })) {
    throw new Problem('conflict', `A limit is named ${JSON.stringify(name)} already.`);
  }
  const { _max } = await tx.limitDefinition.aggregate({ _max: { id: true } });
  const id = (_max.id ?? 0) + 1;
  if (id > MOST_LIMITS)
    throw new Problem('conflict', `There are ${MOST_LIMITS} limits already; no more fit.`);
  return id;
}

function limitView(row: Pick<Prisma.LimitDefinitionModel, keyof typeof SHOWN>): LimitDefinitionDto {
  return {
    id: row.id,
    name: row.name,
    resource: row.resource,
    kind: row.kind,
    ...(row.period ? { period: row.period } : {}),
    on_hold_expiry: row.onHoldExpiry,
    description: row.description,
  };
}
