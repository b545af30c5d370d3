import { Body, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsISO8601, IsObject, IsOptional, IsString, Length } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { FairQueue } from 'fairshare/queue';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { Problem } from '../http/problem.js';
import { limitView } from '../quota/limit-view.js';
import { operatorOf } from './admin.guard.js';
import { AdminController } from './admin-route.decorator.js';
import { NeedsRole } from './identity/admin-role.js';
import { ConfigChange } from './config-change.js';
import { knownTenant, knownTier } from './known-names.js';
import { overrideView } from './override-view.js';
import { createOverride } from './overrides.controller.js';

class QuotaUpdateDto {
  @ApiProperty({ example: 'tenant_123' })
  @IsString()
  @Length(1, 128)
  tenant_id!: string;

  @ApiPropertyOptional({ example: 'enterprise' })
  @IsOptional()
  @IsString()
  @Length(1, 63)
  tier?: string;

  @ApiPropertyOptional({ example: { queries_hourly: 5000 }, description: 'Limit name → value, as overrides' })
  @IsOptional()
  @IsObject()
  limits?: Record<string, number>;

  @ApiPropertyOptional({ example: 'Launch day' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;

  @ApiPropertyOptional({ description: 'When the limits end by themselves' })
  @IsOptional()
  @IsISO8601({ strict: true })
  expires_at?: string;
}

class QuotaResetDto {
  @ApiProperty({ example: 'tenant_123' })
  @IsString()
  @Length(1, 128)
  tenant_id!: string;

  @ApiPropertyOptional({ example: ['queries_hourly'], description: 'Default: every limit' })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  limits?: string[];
}

/** The emergency changes: one call, in force everywhere at once, on the record. */
@AdminController('quota')
export class QuotaUpdateController {
  constructor(
    private readonly changes: ConfigChange,
    private readonly quota: QuotaService,
    private readonly queue: FairQueue,
  ) {}

  @NeedsRole('operate')
  @Post('update')
  @HttpCode(200)
  @ApiOperation({ summary: "Change a tenant's tier and/or limits now" })
  async update(@Body() body: QuotaUpdateDto, @Req() request: FastifyRequest): Promise<unknown> {
    const limits = Object.entries(body.limits ?? {});
    if (!body.tier && limits.length === 0)
      throw new Problem('invalid_request', 'Send tier, limits, or both.');
    if (body.expires_at && limits.length === 0) {
      throw new Problem('invalid_request', 'expires_at ends limits; a tier does not end by itself.');
    }
    const wrong = limits.find(([, value]) => !Number.isSafeInteger(value) || value < 0);
    if (wrong)
      throw new Problem('invalid_request', `limits.${wrong[0]} must be an integer from 0 to 2^53-1.`);
    const weight = await this.changes.apply({
      action: 'quota.update',
      target: `tenant ${body.tenant_id}`,
      tenantId: body.tenant_id,
      request,
      make: async (tx) => {
        const before = await knownTenant(tx, body.tenant_id);
        const tier = await knownTier(tx, body.tier ?? before.tierName);
        if (body.tier) await tx.tenant.update({ where: { id: before.id }, data: { tierName: tier.name } });
        const overrides = [];
        for (const [limit, value] of limits) {
          const reason = body.reason ?? 'Emergency change';
          const author = operatorOf(request).name;
          const row = await createOverride(
            tx,
            { tenantId: before.id, author },
            {
              limit,
              value,
              reason,
              expires_at: body.expires_at,
            },
          );
          overrides.push(overrideView(row));
        }
        return {
          before: { tier: before.tierName },
          after: { tier: tier.name, reason: body.reason ?? null, overrides },
          answer: before.weight ?? tier.weight,
        };
      },
    });
    await this.wake(body.tenant_id, weight);
    return this.view(body.tenant_id);
  }

  @NeedsRole('operate')
  @Post('reset')
  @HttpCode(200)
  @ApiOperation({ summary: "Return a tenant's counters to 0" })
  async reset(@Body() body: QuotaResetDto, @Req() request: FastifyRequest): Promise<unknown> {
    await this.changes.apply({
      action: 'quota.reset',
      target: `tenant ${body.tenant_id}`,
      tenantId: body.tenant_id,
      request,
      make: async (tx) => {
        await knownTenant(tx, body.tenant_id);
        return { before: null, after: { limits: body.limits ?? 'all' }, answer: undefined };
      },
    });
    await this.quota.reset({ tenantId: parseTenantId(body.tenant_id), limits: body.limits });
    await this.queue.unpark(body.tenant_id);
    return this.view(body.tenant_id);
  }

  /** The change is committed: a queue that cannot be told now learns it when the tenant's park ends. */
  private async wake(tenantId: string, weight: number): Promise<void> {
    await Promise.allSettled([this.queue.setWeight(tenantId, weight), this.queue.unpark(tenantId)]);
  }

  private async view(tenantId: string): Promise<unknown> {
    const status = await this.quota.status({ tenantId: parseTenantId(tenantId) });
    return { tenant_id: tenantId, tier: status.tier, limits: status.limits.map(limitView) };
  }
}
