import { Body, Controller, Get, HttpCode, Post, Put, Req, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { QuotaService, type TenantLimits } from 'fairshare/quota';
import { Idempotent } from '../http/idempotent.decorator.js';
import { operationIdOf } from '../http/operation-name.js';
import { violationView } from '../problems/quota-problem.js';
import { RequestTurns } from '../idempotency/request-turns.js';
import { CurrentTenant } from '../tenancy/current-tenant.decorator.js';
import { SlotTimes } from '../usage/slot-times.js';
import { Overruns } from '../usage/overruns.js';
import { limitStatusView, limitView } from './limit-view.js';
import { CheckAnswerDto, CheckDto, QuotaStatusDto, StorageAnswerDto, StorageDto } from './quota.dto.js';
import { StorageReporterGuard } from './storage-reporter.guard.js';
import { StorageReports } from './storage-reports.js';

/** What a tenant may see and ask of its own quota; none of it spends. */
@ApiTags('quota')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('quota')
export class QuotaController {
  constructor(
    private readonly quota: QuotaService,
    private readonly reports: StorageReports,
    private readonly turns: RequestTurns,
    private readonly overruns: Overruns,
    private readonly slots: SlotTimes,
  ) {}

  @Get('status')
  @ApiOperation({ summary: 'Every limit: used, held, remaining, when it resets, and where it comes from' })
  @ApiOkResponse({ type: QuotaStatusDto })
  async status(@CurrentTenant() { tenantId }: TenantLimits): Promise<QuotaStatusDto> {
    const [status, overrunOf] = await Promise.all([
      this.quota.status({ tenantId }),
      this.overruns.of(tenantId),
    ]);
    return {
      tenant_id: tenantId,
      tier: status.tier,
      status: status.status,
      overflow: status.overflow,
      open_holds: status.openHolds,
      limits: status.limits.map((limit) => limitStatusView(limit, overrunOf)),
    };
  }

  @Post('check')
  @HttpCode(200)
  @ApiOperation({ summary: 'What would be decided for this cost now' })
  @ApiOkResponse({ type: CheckAnswerDto })
  async check(
    @CurrentTenant() { tenantId }: TenantLimits,
    @Body() { cost }: CheckDto,
  ): Promise<CheckAnswerDto> {
    const decided = await this.quota.check({ tenantId, cost });
    const decision = decided.allowed ? decided : this.slots.expect(tenantId, decided);
    return {
      allowed: decision.allowed,
      violations: decision.allowed
        ? []
        : decision.violations.map((violation) => violationView(violation, decision)),
      unlimited: [...decision.unlimited],
      limits: decision.limits.map(limitView),
    };
  }

  @Put('storage')
  @Idempotent('by_handler')
  @UseGuards(StorageReporterGuard)
  @ApiOperation({ summary: 'Report storage by delta or by total; over the limit is refused' })
  @ApiOkResponse({ type: StorageAnswerDto })
  async storage(
    @CurrentTenant() { tenantId }: TenantLimits,
    @Body() change: StorageDto,
    @Req() request: FastifyRequest,
  ): Promise<StorageAnswerDto> {
    const operationId = operationIdOf(request);
    // A refusal writes nothing: the key is taken only for what is allowed as far as we see.
    if (this.turns.mayBegin(request)) {
      await this.reports.foresee({ tenantId, change });
      await this.turns.begin(request);
    }
    return this.reports.report({ tenantId, change, operationId });
  }
}
