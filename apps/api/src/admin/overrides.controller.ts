import { Body, Delete, Get, HttpCode, Param, ParseIntPipe, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { Problem } from '../http/problem.js';
import { operatorOf } from './admin.guard.js';
import { AdminController } from './admin-route.decorator.js';
import { NeedsRole } from './identity/admin-role.js';
import { ConfigChange } from './config-change.js';
import { knownLimit, knownTenant } from './known-names.js';
import { overrideView } from './override-view.js';
import { CreateOverrideDto, UpdateOverrideDto } from './overrides.dto.js';

const WITH_LIMIT = { limit: { select: { name: true } } } as const;

/** Limits of one tenant replaced for a while; the tier stays untouched, and the past stays on the record. */
@AdminController('tenants/:tenantId/overrides')
export class OverridesController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Overrides in force or scheduled; ?include=all for the past ones too' })
  async list(@Param('tenantId') tenantId: string, @Query('include') include?: string): Promise<unknown> {
    await knownTenant(this.prisma, tenantId);
    const open = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] };
    const rows = await this.prisma.override.findMany({
      where: { tenantId, ...(include === 'all' ? {} : open) },
      include: WITH_LIMIT,
      orderBy: { id: 'asc' },
    });
    return { overrides: rows.map((row) => overrideView(row)) };
  }

  @NeedsRole('operate')
  @Post()
  @ApiOperation({ summary: 'Replace a limit for a while; in force everywhere at once' })
  create(
    @Param('tenantId') tenantId: string,
    @Body() body: CreateOverrideDto,
    @Req() request: FastifyRequest,
  ): Promise<unknown> {
    return this.changes.apply({
      action: 'override.create',
      target: `limit ${body.limit}`,
      tenantId,
      request,
      make: async (tx) => {
        await knownTenant(tx, tenantId);
        const row = await createOverride(tx, { tenantId, author: operatorOf(request).name }, body);
        return { before: null, after: overrideView(row), answer: overrideView(row) };
      },
    });
  }

  @NeedsRole('operate')
  @Patch(':id')
  @ApiOperation({ summary: 'Change value, reason or times of an override' })
  update(
    @Param('tenantId') tenantId: string,
    @Param('id', ParseIntPipe) id: number,
    @Body() body: UpdateOverrideDto,
    @Req() request: FastifyRequest,
  ): Promise<unknown> {
    return this.changes.apply({
      action: 'override.update',
      target: `override ${id}`,
      tenantId,
      request,
      make: async (tx) => {
        const before = await openOverride(tx, tenantId, id);
        const startsAt = body.starts_at ? new Date(body.starts_at) : before.startsAt;
        const expiresAt = body.expires_at ? new Date(body.expires_at) : before.expiresAt;
        checkTimes(startsAt, expiresAt);
        const row = await tx.override.update({
          where: { id },
          data: { value: body.value, reason: body.reason, startsAt, expiresAt, version: { increment: 1 } },
          include: WITH_LIMIT,
        });
        return { before: overrideView(before), after: overrideView(row), answer: overrideView(row) };
      },
    });
  }

  @NeedsRole('operate')
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End an override now; it stays on the record' })
  revoke(
    @Param('tenantId') tenantId: string,
    @Param('id', ParseIntPipe) id: number,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    return this.changes.apply({
      action: 'override.revoke',
      target: `override ${id}`,
      tenantId,
      request,
      make: async (tx) => {
        const before = await openOverride(tx, tenantId, id);
        const row = await tx.override.update({
          where: { id },
          data: { revokedAt: new Date(), version: { increment: 1 } },
          include: WITH_LIMIT,
        });
        return { before: overrideView(before), after: overrideView(row), answer: undefined };
      },
    });
  }
}

/** Adds an override; refuses times that make no sense. */
export async function createOverride(
  tx: Prisma.TransactionClient,
  { tenantId, author }: { tenantId: string; author: string },
  body: CreateOverrideDto,
) {
  const definition = await knownLimit(tx, body.limit);
  if (definition.kind === 'bucket') {
    throw new Problem(
      'invalid_request',
      `${body.limit} is a bucket; overriding buckets is not supported yet.`,
    );
  }
  const startsAt = body.starts_at ? new Date(body.starts_at) : undefined;
  const expiresAt = body.expires_at ? new Date(body.expires_at) : null;
  checkTimes(startsAt ?? new Date(), expiresAt);
  return tx.override.create({
    data: {
      tenantId,
      limitId: definition.id,
      value: body.value,
      reason: body.reason,
      author,
      startsAt,
      expiresAt,
    },
    include: WITH_LIMIT,
  });
}

async function openOverride(tx: Prisma.TransactionClient, tenantId: string, id: number) {
  const row = await tx.override.findFirst({ where: { id, tenantId }, include: WITH_LIMIT });
  if (!row) throw new Problem('not_found', `The tenant has no override ${id}.`);
  if (row.revokedAt) throw new Problem('conflict', `Override ${id} was revoked already.`);
  return row;
}

function checkTimes(startsAt: Date, expiresAt: Date | null): void {
  if (!expiresAt) return;
  if (expiresAt <= new Date()) throw new Problem('invalid_request', 'expires_at must be in the future.');
  if (expiresAt <= startsAt) throw new Problem('invalid_request', 'expires_at must be after starts_at.');
}
