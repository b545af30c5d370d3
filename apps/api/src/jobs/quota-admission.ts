import { Inject, Injectable } from '@nestjs/common';
import {
  type Admission,
  type Job,
  type JobAdmission,
  type JobError,
  RetryLaterError,
  type RunOutcome,
} from 'fairshare/queue';
import {
  chargeTruth,
  type Cost,
  type OperationId,
  parseOperationId,
  parseTenantId,
  QuotaService,
  TenantSuspendedError,
  type Violation,
} from 'fairshare/quota';
import { UpstreamBreaker } from '../executors/upstream-breaker.js';
import { Environment } from '../config/environment.js';
import { LRUCache } from 'lru-cache';
import { SlotTimes } from '../usage/slot-times.js';
import { FreedQuota } from './freed-quota.js';
import { readPayload } from './job-payload.js';

/**
 * A level that is full falls when its tenant or an operator lowers it, which wakes the line; this bounds the wait where
 * that call is lost.
 */
const LEVEL_ASKED_EVERY_MS = 300_000;

/** Asks quota for each run of a job. The run's fencing token names the operation, so that each run is charged once. */
@Injectable()
export class QuotaAdmission implements JobAdmission {
  /** What is to be called when a run ends; bounded, as an end may never come. */
  private readonly open = new LRUCache<OperationId, () => void>({ max: 10_000 });

  constructor(
    private readonly quota: QuotaService,
    private readonly freed: FreedQuota,
    private readonly slots: SlotTimes,
    private readonly breaker: UpstreamBreaker,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  async admit(job: Job): Promise<Admission> {
    const waitMs = this.breaker.mayAsk(job.jobId);
    if (waitMs !== undefined) throw new RetryLaterError('upstream_failing', waitMs);
    let admitted = false;
    try {
      const admission = await this.ask(job);
      admitted = admission.admitted;
      return admission;
    } finally {
      if (!admitted) this.breaker.ended(job.jobId);
    }
  }

  private async ask(job: Job): Promise<Admission> {
    try {
      const decision = await this.quota.reserve({
        tenantId: parseTenantId(job.tenantId),
        operationId: operationOf(job),
        cost: readPayload(job).plan.cost,
        leaseMs: 2 * this.environment.JOB_LEASE_MS,
      });
      if (decision.allowed) {
        this.open.set(operationOf(job), this.slots.began(job.tenantId));
        return { admitted: true };
      }
      const { retryAfterMs, decidedAtMs, violations } = decision;
      const tooSmall = violations.filter(({ requested, limit }) => requested > limit);
      if (tooSmall.length > 0) return { admitted: false, never: exceedsLimit(tooSmall) };
      this.freed.watch(job.tenantId);
      return {
        admitted: false,
        retryAtMs: decidedAtMs + (retryAfterMs === 'never' ? LEVEL_ASKED_EVERY_MS : retryAfterMs),
        reason: violations
          .map(({ name }) => name)
          .join(', ')
          .slice(0, 256),
      };
    } catch (error) {
      if (error instanceof TenantSuspendedError) {
        return { admitted: false, retryAtMs: null, reason: 'the tenant is suspended' };
      }
      throw error;
    }
  }

  async extend(job: Job, leaseMs: number): Promise<void> {
    await this.quota.extend({ ...nameOf(job), leaseMs: 2 * leaseMs });
  }

  async settle(job: Job, outcome: RunOutcome): Promise<void> {
    this.open.get(operationOf(job))?.();
    this.open.delete(operationOf(job));
    this.breaker.ended(job.jobId);
    const cost = outcome.usage as Cost | null | undefined;
    // Nothing went upstream. Else it is paid, however the run ended.
    if (!cost) return void (await this.quota.cancel(nameOf(job)));
    await chargeTruth(this.quota, { ...nameOf(job), cost });
  }
}

/** Under the limits in force it can never run, and would block its line; raised again, it may be requeued. */
function exceedsLimit(tooSmall: readonly Violation[]): JobError {
  const beyond = tooSmall.map(
    ({ name, requested, limit }) => `${name} (needs ${requested}, the limit is ${limit})`,
  );
  return {
    message: `It can never run under the limits in force: ${beyond.join(', ')}`,
    code: 'cost_exceeds_limit',
  };
}

function nameOf(job: Job) {
  return { tenantId: parseTenantId(job.tenantId), operationId: operationOf(job) };
}

function operationOf(job: Job): OperationId {
  return parseOperationId(`${job.jobId}.${job.token}`);
}
