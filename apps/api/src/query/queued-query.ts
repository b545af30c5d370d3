import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Denied, TenantLimits } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { goneSignal } from '../http/gone-signal.js';
import { FreeRequests } from '../identity/free-requests.js';
import { JobAcceptance } from '../jobs/job-acceptance.js';
import { JobWait } from '../jobs/job-wait.js';
import { QuotaHeaders } from '../quota/quota-headers.js';
import { KeyedRequests } from '../idempotency/keyed-requests.js';
import { turnOf } from '../idempotency/request-turns.js';
import { preferredWait } from './prefer-wait.js';
import { endedJobAnswer } from './query-answer.js';
import { planOf } from './query-plan.guard.js';

export interface DeniedQuery {
  readonly tenant: TenantLimits;
  readonly denial: Denied;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Queues a query that is out of quota, and holds the answer for its turn where the client would wait. */
@Injectable()
export class QueuedQuery {
  constructor(
    private readonly jobs: JobAcceptance,
    private readonly wait: JobWait,
    private readonly headers: QuotaHeaders,
    private readonly keyed: KeyedRequests,
    private readonly free: FreeRequests,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /** The result (200) where the job ended in time, else where to find it (202). */
  async answer({ tenant, denial, request, reply }: DeniedQuery): Promise<unknown> {
    const { tenantId } = tenant;
    // What is queued has spent nothing yet, and is written: it counts by its size.
    this.free.take(tenant, Math.ceil(Buffer.byteLength(planOf(request).request.query) / 1_024));
    const turn = turnOf(request);
    const operation = turn && 'operation' in turn ? turn.operation : undefined;
    const accepted = await this.jobs.accept(tenant, {
      plan: planOf(request),
      denial,
      jobId: operation?.operationId,
      begin: operation && (() => this.keyed.begin(operation)),
    });
    const seconds = preferredWait(request.headers.prefer, this.environment.MAX_WAIT_SECONDS);
    void reply.status(202).header('Location', accepted.status_url);
    if (!seconds) return accepted;
    void reply.header('Preference-Applied', `wait=${seconds}`);
    const row = await this.wait.ended({
      jobId: accepted.job_id,
      tenantId,
      timeoutMs: seconds * 1_000,
      gone: goneSignal(reply),
    });
    // What was true before the wait is not any more.
    if (!row) return (await this.jobs.find(accepted.job_id, tenantId).catch(() => undefined)) ?? accepted;
    await this.headers.refresh(reply, tenantId);
    const answer = endedJobAnswer(row);
    void reply.status(200).removeHeader('Location');
    return answer;
  }
}
