import { Body, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { AdminController } from './admin-route.decorator.js';
import { NeedsRole } from './identity/admin-role.js';
import { ConfigChange } from './config-change.js';
import { knownTenant } from './known-names.js';

class PurgeDto {
  @ApiProperty({ example: 'tenant_test' })
  @IsString()
  @Length(1, 128)
  tenant_id!: string;
}

class AuditQueryDto {
  @IsOptional()
  @IsString()
  tenant_id?: string;

  /** Entries older than this id. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  before?: number;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}

/** What an operator looks at, and the emptying of a tenant's line. */
@AdminController('')
export class OperationsController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
    private readonly changes: ConfigChange,
  ) {}

  @NeedsRole('read')
  @Get('tiers')
  @ApiOperation({ summary: 'Every tier with its limits' })
  async tiers(): Promise<unknown> {
    const tiers = await this.prisma.tier.findMany({
      include: { limits: { include: { limit: true } } },
      orderBy: { name: 'asc' },
    });
    return {
      tiers: tiers.map((tier) => ({
        name: tier.name,
        weight: tier.weight,
        queue_depth: tier.queueDepth,
        overflow: tier.overflow,
        limits: Object.fromEntries(tier.limits.map(({ limit, value }) => [limit.name, Number(value)])),
      })),
    };
  }

  @NeedsRole('read')
  @Get('audit')
  @ApiOperation({ summary: 'Who changed what, newest first' })
  async audit(@Query() { tenant_id, before, limit }: AuditQueryDto): Promise<unknown> {
    const rows = await this.prisma.auditEntry.findMany({
      where: { tenantId: tenant_id, ...(before ? { id: { lt: before } } : {}) },
      orderBy: { id: 'desc' },
      take: limit ?? 50,
    });
    return {
      entries: rows.map((row) => ({
        id: Number(row.id),
        at: row.at.toISOString(),
        actor: row.actor,
        role: row.role,
        address: row.address,
        request_id: row.requestId,
        action: row.action,
        target: row.target,
        tenant_id: row.tenantId,
        before: row.before,
        after: row.after,
      })),
    };
  }

  @NeedsRole('read')
  @Get('queue/:tenantId')
  @ApiOperation({ summary: "A tenant's line: depth, what it waits for, until when" })
  async line(@Param('tenantId') tenantId: string): Promise<unknown> {
    await knownTenant(this.prisma, tenantId);
    const { parkReason, parkedUntilMs, ...stats } = await this.queue.tenantStats(tenantId);
    return {
      tenant_id: tenantId,
      waiting: stats.waiting,
      running: stats.running,
      dead: stats.dead,
      oldest_age_ms: Math.round(stats.oldestAgeMs),
      waiting_for: parkReason,
      until: parkedUntilMs === null ? null : new Date(parkedUntilMs).toISOString(),
    };
  }

  @NeedsRole('operate')
  @Post('queue/purge')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel every job of a tenant' })
  async purge(@Body() { tenant_id: tenantId }: PurgeDto, @Req() request: FastifyRequest): Promise<unknown> {
    const removed = await this.changes.apply({
      action: 'queue.purge',
      target: `tenant ${tenantId}`,
      tenantId,
      request,
      make: async (tx) => {
        await knownTenant(tx, tenantId);
        const purged = await this.queue.purge(tenantId);
        await tx.job.updateMany({
          where: { tenantId, state: { in: ['waiting', 'failed'] } },
          data: { state: 'cancelled', finishedAt: new Date() },
        });
        return { before: null, after: { removed: purged }, answer: purged };
      },
    });
    return { tenant_id: tenantId, removed };
  }
}
