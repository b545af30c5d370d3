import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type EnqueueReply,
  type EnqueueRequest,
  FairQueue,
  type JobState,
  type Refused,
} from 'fairshare/queue';
import { type Denied, type TenantLimits } from 'fairshare/quota';
import { Problem } from '../problems/problem.js';
import { wholeSeconds } from '../problems/whole-seconds.js';
import { violationView } from '../problems/quota-problem.js';
import { FreedQuota } from './freed-quota.js';
import { JobAcknowledgements } from './job-acknowledgements.js';
import { JobEntrance } from './job-entrance.js';
import { JobJournal } from './job-journal.js';
import { type JobPayload, QUERY_JOB, writePayload } from './job-payload.js';
import { type StartEstimate, startEstimate } from './start-estimate.js';

/** How a queued query may be known beforehand. */
export interface AcceptanceRequest {
  readonly plan: JobPayload['plan'];
  readonly denial: Denied;
  /** A UUID. Default: a new one. */
  readonly jobId?: string;
  /** Called once there is room for it, before anything is written; what it throws ends the acceptance. */
  readonly begin?: () => Promise<void>;
}

export interface AcceptedJob extends StartEstimate {
  readonly job_id: string;
  readonly status: JobState;
  /** Place in the tenant's line, from 1; null where it does not stand in it (any more). */
  readonly position: number | null;
  readonly status_url: string;
}

/** Accepts a query that must wait: journaled first, then enqueued, so that a 202 is kept whatever dies. */
@Injectable()
export class JobAcceptance {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    private readonly acknowledgements: JobAcknowledgements,
    private readonly freed: FreedQuota,
    private readonly entrance: JobEntrance,
  ) {}

  async accept(
    tenant: TenantLimits,
    { plan, denial, jobId, begin }: AcceptanceRequest,
  ): Promise<AcceptedJob> {
    const { tenantId, weight, queueDepth } = tenant;
    const job = {
      jobId: jobId ?? randomUUID(),
      tenantId,
      name: QUERY_JOB,
      payload: writePayload({ plan, weight }),
      cost: Math.max(1, plan.cost.cost_units ?? 1),
      weight,
      maxDepth: queueDepth,
    };
    // Refused before PostgreSQL hears of it: a flood costs no writes.
    const reply = await this.entrance.enter(job, async () => {
      await begin?.();
      return this.write(job);
    });
    if (!reply.accepted) throw queueRefusal(reply, denial);
    this.freed.watch(tenantId);
    const expectedMs = denial.decidedAtMs + Number(denial.retryAfterMs);
    return this.view({ jobId: job.jobId, tenantId }, { state: 'waiting', position: reply.depth, expectedMs });
  }

  /** Journaled first. Another node may have taken the last place meanwhile: then it is taken back. */
  private async write(job: EnqueueRequest & { jobId: string }): Promise<EnqueueReply> {
    await this.journal.accept(job);
    const reply = await this.enqueue(job);
    if (reply.accepted) this.acknowledgements.add(job.jobId);
    else await this.journal.withdraw(job.jobId);
    return reply;
  }

  /** What was answered when this job was accepted, as of now; undefined where there is none, or it was cancelled. */
  async find(jobId: string, tenantId: string): Promise<AcceptedJob | undefined> {
    const row = await this.journal.find(jobId, tenantId);
    if (!row || row.accepting || row.state === 'cancelled') return undefined;
    return this.view({ jobId, tenantId }, { state: row.state, position: null, expectedMs: null });
  }

  private async view(
    job: { jobId: string; tenantId: string },
    otherwise: { state: JobState; position: number | null; expectedMs: number | null },
  ): Promise<AcceptedJob> {
    const explained = await this.queue.explain(job).catch(() => undefined);
    return {
      job_id: job.jobId,
      // As it was accepted, or as the journal has it: a worker that only asks for its quota does not run it yet.
      status: otherwise.state,
      position: explained?.position ?? otherwise.position,
      // Before a worker has asked for quota, the queue does not know that there is none.
      ...startEstimate(explained, otherwise.expectedMs),
      status_url: `/jobs/${job.jobId}`,
    };
  }

  /** Where nobody can tell whether the queue took it, the client is told that it failed: so it must not run. */
  private async enqueue(job: EnqueueRequest & { jobId: string }): Promise<EnqueueReply> {
    try {
      return await this.queue.enqueue(job);
    } catch (error) {
      await this.queue.cancel({ jobId: job.jobId, tenantId: job.tenantId }).catch(() => undefined);
      await this.journal.cancel(job.jobId).catch(() => undefined);
      throw error;
    }
  }
}

const FULL: Partial<Record<Refused['code'], string>> = {
  tenant_queue_full: 'your line is full of jobs',
  queue_full: 'the queue of all tenants is full of jobs',
  tenant_bytes_full: 'your line is full of bytes',
  queue_bytes_full: 'the queue of all tenants is full of bytes',
};

function queueRefusal(refused: Refused, denial: Denied): Problem {
  const fields = {
    queue: { reason: refused.code, limit: refused.limit, depth: refused.depth },
    violations: denial.violations.map((violation) => violationView(violation, denial)),
  };
  if (refused.code === 'payload_too_large') {
    return new Problem(
      'payload_too_large',
      `Out of quota, and too large to be queued, now or later (${refused.depth} of ${refused.limit} bytes); ` +
        'send less, or repeat it when there is quota.',
      { fields },
    );
  }
  const seconds = wholeSeconds(Number(denial.retryAfterMs));
  return new Problem(
    'queue_full',
    `Out of quota, and ${FULL[refused.code] ?? 'the queue that would take the request is full'} ` +
      `(${refused.depth} of ${refused.limit}); try again in ${seconds} s.`,
    { fields, headers: { 'Retry-After': String(seconds) } },
  );
}
