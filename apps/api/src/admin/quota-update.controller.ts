import { Body, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { Problem } from '../http/problem.js';
import { limitView } from '../quota/limit-view.js';
import { operatorOf } from './admin.guard.js';
import { AdminController } from './admin-route.decorator.js';
import { NeedsRole } from './identity/admin-role.js';
import { ConfigChange } from './config-change.js';
import { checkIfMatch } from './etag.js';
import { knownTenant, knownTier, lockedTenant } from './known-names.js';
import { createOverride, overrideView } from './override-rows.js';
import { QuotaResetDto, QuotaUpdateDto, TenantQuotaDto } from './quota-update.dto.js';
import { QueueFollows } from './queue-follows.js';

/** The emergency changes: one call, in force everywhere at once, on the record. */
@AdminController('quota')
export class QuotaUpdateController {
  constructor(
    private readonly changes: ConfigChange,
    private readonly quota: QuotaService,
    private readonly follows: QueueFollows,
  ) {}

  @NeedsRole('operate')
  @Post('update')
  @HttpCode(200)
  @ApiOperation({ summary: "Change a tenant's tier and/or limits now" })
  @ApiOkResponse({ type: TenantQuotaDto })
  async update(@Body() body: QuotaUpdateDto, @Req() request: FastifyRequest): Promise<TenantQuotaDto> {
    const limits = Object.entries(body.limits ?? {});
    if (!body.tier && limits.length === 0)
      throw new Problem('invalid_request', 'Send tier, limits, or both.');
    if (body.expires_at && limits.length === 0) {
      throw new Problem('invalid_request', 'expires_at ends limits; a tier does not end by itself.');
    }
    const wrong = limits.find(([, value]) => !Number.isSafeInteger(value) || value < 0);
    if (wrong)
      throw new Problem('invalid_request', `limits.${wrong[0]} must be an integer from 0 to 2^53-1.`);
    await this.changes.apply({
      action: 'quota.update',
      target: `tenant ${body.tenant_id}`,
      tenantId: body.tenant_id,
      request,
      make: async (tx) => {
        const before = await lockedTenant(tx, body.tenant_id);
        checkIfMatch(request, before);
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
          answer: undefined,
        };
      },
    });
    await this.follows.tenant(body.tenant_id);
    return this.view(body.tenant_id);
  }

  @NeedsRole('operate')
  @Post('reset')
  @HttpCode(200)
  @ApiOperation({ summary: "Return a tenant's counters to 0" })
  @ApiOkResponse({ type: TenantQuotaDto })
  async reset(@Body() body: QuotaResetDto, @Req() request: FastifyRequest): Promise<TenantQuotaDto> {
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
    await this.follows.tenant(body.tenant_id);
    return this.view(body.tenant_id);
  }

  private async view(tenantId: string): Promise<TenantQuotaDto> {
    const status = await this.quota.status({ tenantId: parseTenantId(tenantId) });
    return { tenant_id: tenantId, tier: status.tier, limits: status.limits.map(limitView) };
  }
}
