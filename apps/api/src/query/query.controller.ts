import { Body, Controller, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type Cost,
  decisionOf,
  Quota,
  type Reservation,
  reservationOf,
  type TenantLimits,
} from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { goneSignal } from '../http/gone-signal.js';
import { type ExpectedDenial, quotaProblem } from '../problems/quota-problem.js';
import { wholeSeconds } from '../problems/whole-seconds.js';
import { FreeRequests } from '../identity/free-requests.js';
import { type Charge, ChargeOutbox } from '../charges/charge-outbox.js';
import { CurrentTenant } from '../tenancy/current-tenant.decorator.js';
import { IdempotencyGuard } from '../idempotency/idempotency.guard.js';
import { chargeView, queryAnswer } from './query-answer.js';
import { SlotTimes } from '../usage/slot-times.js';
import { ApiQuery } from './query.api.js';
import { QueryDto } from './query.dto.js';
import { planOf, QueryPlanGuard } from './query-plan.guard.js';
import { QueryQuotaGuard } from './query-quota.guard.js';
import { QueryRunner } from './query-runner.js';
import { QueuedQuery } from './queued-query.js';

/** POST /query: within quota it runs now, beyond it the tier's policy queues or refuses. */
@ApiTags('query')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('query')
export class QueryController {
  constructor(
    private readonly runner: QueryRunner,
    private readonly queued: QueuedQuery,
    private readonly outbox: ChargeOutbox,
    private readonly free: FreeRequests,
    private readonly slots: SlotTimes,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  @Post()
  @ApiQuery()
  @UseGuards(QueryPlanGuard, IdempotencyGuard, QueryQuotaGuard)
  @Quota({ cost: (request: object) => planOf(request).cost, hold: { auto: false }, denied: 'pass' })
  async query(
    @Body() _body: QueryDto,
    @CurrentTenant() tenant: TenantLimits,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const decision = decisionOf(request);
    if (decision && !decision.allowed) {
      const denial = this.slots.expect(tenant.tenantId, decision);
      return this.queueOrRefuse(denial, tenant, request, reply);
    }
    void reply.status(200);
    return this.answer(tenant, request, reply);
  }

  private queueOrRefuse(
    denial: ExpectedDenial,
    tenant: TenantLimits,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> {
    if (denial.retryAfterMs === 'never' || tenant.overflow === 'reject') throw quotaProblem(denial);
    void reply.header('Retry-After', String(wholeSeconds(denial.retryAfterMs)));
    return this.queued.answer({ tenant, denial, request, reply });
  }

  private async answer(tenant: TenantLimits, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const reservation = reservationOf(request);
    const lease = this.keepAlive(reservation);
    const slotIsFree = this.slots.began(tenant.tenantId);
    try {
      const run = await this.runner.run({
        tenant: { id: tenant.tenantId, weight: tenant.weight },
        plan: planOf(request),
        signal: goneSignal(reply),
      });
      const charge = reservation && (await this.end(reservation, run.cost));
      if (run.cost) this.free.giveBack(tenant);
      if (!run.answered) throw run.error;
      return { status: 'succeeded', ...queryAnswer(run.result, run.cost), ...chargeView(charge) };
    } finally {
      clearInterval(lease);
      slotIsFree();
    }
  }

  /** Nothing was sent: the hold returns. Else it is paid, whether or not there is an answer. */
  private async end(reservation: Reservation, cost: Cost | undefined): Promise<Charge | undefined> {
    if (!cost) {
      await reservation.cancel().catch(() => undefined);
      return undefined;
    }
    const { tenantId, operationId } = reservation;
    return this.outbox.charge({ tenantId, operationId, cost });
  }

  /** A query that waits or runs longer than its lease keeps its hold. */
  private keepAlive(reservation: Reservation | undefined): NodeJS.Timeout | undefined {
    if (!reservation) return undefined;
    const { QUOTA_LEASE_MS: leaseMs } = this.environment;
    return setInterval(() => void reservation.extend({ leaseMs }).catch(() => undefined), leaseMs / 3);
  }
}
