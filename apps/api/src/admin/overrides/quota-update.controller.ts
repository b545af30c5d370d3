import { Body, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { checkPreconditions, Preconditions } from '../../http/preconditions.js';
import { Problem } from '../../problems/problem.js';
import { limitView } from '../../quota/limit-view.js';
import { operatorOf } from '../../operators/admin.guard.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { Commands } from '../commands/commands.js';
import type { CommandDto } from '../commands/commands.dto.js';
import { IsCommand } from '../commands/is-command.decorator.js';
import { type Change, ConfigChange } from '../changes/config-change.js';
import { isDryRun, MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { raiseInEmergency } from './emergency-raise.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { knownTier, lockedTenant } from '../changes/known-names.js';
import { QuotaResetDto, QuotaUpdateDto, TenantQuotaDto } from './quota-update.dto.js';
import { QueueFollows } from '../changes/queue-follows.js';

type Updated = Pick<TenantQuotaDto, 'tier' | 'overrides' | 'replaced'>;

/** The emergency changes: one call, in force everywhere at once, on the record. */
@AdminController('quota')
export class QuotaUpdateController {
  constructor(
    private readonly changes: ConfigChange,
    private readonly commands: Commands,
    private readonly quota: QuotaService,
    private readonly follows: QueueFollows,
  ) {}

  @NeedsRole('operate')
  @Post('update')
  @HttpCode(200)
  @MayBeDryRun()
  @Preconditions()
  @ApiOperation({
    summary: "Change a tenant's tier and/or limits now; If-Match takes the tenant's ETag",
    description:
      'Each limit becomes an emergency override: it replaces an earlier one, and holds whatever else is planned.',
  })
  @ApiOkResponse({ type: TenantQuotaDto })
  async update(
    @Body() body: QuotaUpdateDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantQuotaDto | DryRunDto> {
    checkUpdate(body);
    const tenantId = body.tenant_id;
    const change: Change<Updated> = {
      action: 'quota.update',
      target: `tenant ${tenantId}`,
      tenantId,
      concerned: { tenantId },
      request,
      reply,
      make: async (tx) => {
        const before = await lockedTenant(tx, tenantId);
        checkPreconditions(request, before);
        const tier = await knownTier(tx, body.tier ?? before.tierName);
        if (body.tier) await tx.tenant.update({ where: { id: before.id }, data: { tierName: tier.name } });
        const { made, replaced } = await raiseInEmergency(tx, body, operatorOf(request).name);
        return {
          before: { tier: before.tierName, overrides: replaced },
          after: { tier: tier.name, reason: body.reason ?? null, overrides: made },
          answer: { tier: tier.name, overrides: made, replaced: replaced.map(({ id }) => id) },
        };
      },
      tell: () => this.follows.tenant(tenantId),
    };
    if (isDryRun(request)) return (await this.changes.answer(change)) as DryRunDto;
    const { answer } = await this.changes.commit(change);
    const propagation = await this.changes.propagate(change);
    return { tenant_id: tenantId, ...answer, propagation, limits: await this.limitsOf(tenantId) };
  }

  @NeedsRole('operate')
  @Post('reset')
  @HttpCode(200)
  @IsCommand()
  @ApiOperation({ summary: "Return a tenant's counters to 0" })
  reset(
    @Body() { tenant_id: tenantId, limits }: QuotaResetDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandDto | DryRunDto> {
    const args = limits ? { limits } : {};
    return this.commands.answer({ action: 'quota.reset', tenantId, args }, { request, reply });
  }

  /** null: counters cannot be read now. The change is committed all the same. */
  private async limitsOf(tenantId: string): Promise<TenantQuotaDto['limits']> {
    try {
      const { limits } = await this.quota.status({ tenantId: parseTenantId(tenantId) });
      return limits.map(limitView);
    } catch {
      return null;
    }
  }
}

function checkUpdate({ tier, limits = {}, expires_at }: QuotaUpdateDto): void {
  const values = Object.entries(limits);
  if (!tier && values.length === 0) throw new Problem('invalid_request', 'Send tier, limits, or both.');
  if (expires_at && values.length === 0) {
    throw new Problem('invalid_request', 'expires_at ends limits; a tier does not end by itself.');
  }
  const wrong = values.find(([, value]) => !Number.isSafeInteger(value) || value < 0);
  if (wrong) throw new Problem('invalid_request', `limits.${wrong[0]} must be an integer from 0 to 2^53-1.`);
}
