import { Body, Controller, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  decisionOf,
  Quota,
  QuotaGuard,
  QuotaService,
  type Reservation,
  reservationOf,
  type TenantLimits,
} from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { quotaProblem } from '../http/quota-problem.js';
import { JobAcceptance } from '../jobs/job-acceptance.js';
import { chargeTruth } from '../quota/charge-truth.js';
import { CurrentTenant } from '../tenancy/current-tenant.decorator.js';
import { QueryDto } from './query.dto.js';
import { planOf, QueryPlanGuard } from './query-plan.guard.js';
import { QueryRunner } from './query-runner.js';

/** POST /query: within quota it runs now, beyond it the tier's policy queues or refuses. */
@ApiTags('query')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('query')
export class QueryController {
  constructor(
    private readonly runner: QueryRunner,
    private readonly jobs: JobAcceptance,
    private readonly quota: QuotaService,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Ask a query' })
  @ApiResponse({ status: 200, description: 'Answered' })
  @ApiResponse({ status: 202, description: 'Queued: follow Location' })
  @ApiResponse({ status: 422, description: 'Costs more than a limit allows at all' })
  @ApiResponse({ status: 429, description: 'Out of quota and the tier rejects, or the queue is full' })
  @UseGuards(QueryPlanGuard, QuotaGuard)
  @Quota({ cost: (request: object) => planOf(request).cost, hold: { auto: false }, denied: 'pass' })
  async query(
    @Body() _body: QueryDto,
    @CurrentTenant() tenant: TenantLimits,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const decision = decisionOf(request);
    if (decision && !decision.allowed) {
      if (decision.retryAfterMs === 'never' || tenant.overflow === 'reject') throw quotaProblem(decision);
      const accepted = await this.jobs.accept(tenant, planOf(request), decision);
      void reply.status(202).header('Location', accepted.status_url);
      return accepted;
    }
    void reply.status(200);
    return this.answer(tenant, request, reply);
  }

  private async answer(tenant: TenantLimits, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const reservation = reservationOf(request);
    const gone = new AbortController();
    const onClose = () => {
      if (!reply.raw.writableFinished) gone.abort(new Error('The client has gone'));
    };
    reply.raw.once('close', onClose);
    const lease = this.keepAlive(reservation);
    let isDone = false;
    try {
      const { result, trueCost } = await this.runner.run(
        { id: tenant.tenantId, weight: tenant.weight },
        planOf(request),
        gone.signal,
      );
      isDone = true;
      if (reservation) {
        const { operationId } = reservation;
        await chargeTruth(this.quota, { tenantId: tenant.tenantId, operationId, cost: trueCost });
      }
      return {
        status: 'succeeded',
        text: result.text,
        model: result.model,
        simulated: result.simulated,
        usage: {
          prompt_tokens: result.promptTokens,
          completion_tokens: result.completionTokens,
          cost_units: trueCost.cost_units,
        },
      };
    } catch (error) {
      if (reservation && !isDone) await reservation.cancel().catch(() => undefined);
      throw error;
    } finally {
      clearInterval(lease);
      reply.raw.off('close', onClose);
    }
  }

  /** A query that waits or runs longer than its lease keeps its hold. */
  private keepAlive(reservation: Reservation | undefined): NodeJS.Timeout | undefined {
    if (!reservation) return undefined;
    const { QUOTA_LEASE_MS: leaseMs } = this.environment;
    return setInterval(() => void reservation.extend({ leaseMs }).catch(() => undefined), leaseMs / 3);
  }
}
