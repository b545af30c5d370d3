import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { FairQueue, type Refused } from 'fairshare/queue';
import { type Denied, type TenantLimits } from 'fairshare/quota';
import { Problem } from '../http/problem.js';
import { wholeSeconds } from '../http/whole-seconds.js';
import { isoOrNull, violationView } from '../http/quota-problem.js';
import type { QueryPlan } from '../query/query-plan.js';
import { FreedQuota } from './freed-quota.js';
import { JobJournal } from './job-journal.js';

export interface AcceptedJob {
  readonly job_id: string;
  readonly status: 'queued';
  readonly position: number;
  readonly estimated_start_at: string | null;
  readonly status_url: string;
}

/** Accepts a query that must wait: journaled first, then enqueued, so that a 202 is kept whatever dies. */
@Injectable()
export class JobAcceptance {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    private readonly freed: FreedQuota,
  ) {}

  async accept(tenant: TenantLimits, plan: QueryPlan, denial: Denied): Promise<AcceptedJob> {
    const { tenantId, weight, queueDepth } = tenant;
    const { waiting, delayed } = await this.queue.tenantStats(tenantId);
    // Refused before PostgreSQL hears of it: a flood costs no writes. The enqueue below decides for good.
    if (waiting + delayed >= queueDepth) {
      throw queueFull(
        { accepted: false, code: 'tenant_queue_full', limit: queueDepth, depth: waiting + delayed },
        denial,
      );
    }
    const job = {
      jobId: randomUUID(),
      tenantId,
      name: 'query',
      payload: { plan: { request: { ...plan.request }, cost: { ...plan.cost } }, weight },
      cost: Math.max(1, plan.cost.cost_units ?? 1),
      weight,
      maxDepth: queueDepth,
    };
    await this.journal.accept(job);
    const reply = await this.queue.enqueue(job);
    if (!reply.accepted) {
      await this.journal.withdraw(job.jobId);
      throw queueFull(reply, denial);
    }
    this.freed.watch(tenantId);
    const explained = await this.queue.explain({ jobId: job.jobId, tenantId });
    return {
      job_id: job.jobId,
      status: 'queued',
      position: explained?.position ?? reply.depth,
      estimated_start_at: isoOrNull(
        explained?.estimatedStartAtMs ?? denial.decidedAtMs + Number(denial.retryAfterMs),
      ),
      status_url: `/jobs/${job.jobId}`,
    };
  }
}

function queueFull(refused: Refused, denial: Denied): Problem {
  const seconds = wholeSeconds(Number(denial.retryAfterMs));
  return new Problem(
    'queue_full',
    `Out of quota, and the queue that would take the request is full (${refused.depth} of ${refused.limit}, ${refused.code}); ` +
      `try again in ${seconds} s.`,
    {
      fields: {
        queue: { reason: refused.code, limit: refused.limit, depth: refused.depth },
        violations: denial.violations.map((violation) => violationView(violation, denial)),
      },
      headers: { 'Retry-After': String(seconds) },
    },
  );
}
