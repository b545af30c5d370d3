import { Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { isoOrNull } from '../../problems/quota-problem.js';
import { readPayload } from '../../jobs/job-payload.js';
import { limitStatusView } from '../../quota/limit-view.js';
import { Overruns } from '../../usage/overruns.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { BlockedJobDto, DiagnosisDto } from './diagnosis.dto.js';
import { knownTenant } from '../changes/known-names.js';

/** Why a tenant's work does not run now, and what would admit it. */
@AdminController('tenants/:tenantId/diagnosis')
export class DiagnosisController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly quota: QuotaService,
    private readonly queue: FairQueue,
    private readonly overruns: Overruns,
  ) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: "A tenant's limits, its line, and what would admit the first job that waits" })
  @ApiOkResponse({ type: DiagnosisDto })
  async diagnose(@Param('tenantId') id: string): Promise<DiagnosisDto> {
    await knownTenant(this.prisma, id);
    const tenantId = parseTenantId(id);
    const [status, overrunOf, line, first] = await Promise.all([
      this.quota.status({ tenantId }),
      this.overruns.of(tenantId),
      this.queue.tenantStats(tenantId),
      this.firstWaiting(tenantId),
    ]);
    return {
      tenant_id: tenantId,
      tier: status.tier,
      status: status.status,
      overflow: status.overflow,
      open_holds: status.openHolds,
      limits: status.limits.map((limit) => limitStatusView(limit, overrunOf)),
      queue: {
        waiting: line.waiting,
        running: line.running,
        dead: line.dead,
        oldest_age_ms: Math.round(line.oldestAgeMs),
        paused: line.paused,
        all_paused: line.queuePaused,
        waiting_for: line.parkReason,
        until: isoOrNull(line.parkedUntilMs),
      },
      first_waiting: first ?? null,
    };
  }

  private async firstWaiting(id: string): Promise<BlockedJobDto | undefined> {
    const tenantId = parseTenantId(id);
    const [job] = await this.queue.list({ tenantId, states: ['waiting'], limit: 1 });
    if (!job) return undefined;
    const [explanation, decision] = await Promise.all([
      this.queue.explain({ jobId: job.jobId, tenantId }),
      this.quota.check({ tenantId, cost: readPayload(job).plan.cost }).catch(() => undefined),
    ]);
    const violations = decision && !decision.allowed ? decision.violations : [];
    return {
      job_id: job.jobId,
      why: explanation?.why ?? 'waiting_for_turn',
      remedy: explanation?.remedy ?? '',
      would_admit: violations.map(({ name, used, held, requested, retryAfterMs }) => ({
        name,
        raise_to: used + held + requested,
        or_at: retryAfterMs === 'never' ? null : new Date(decision!.decidedAtMs + retryAfterMs).toISOString(),
      })),
    };
  }
}
