import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import { type Explanation, FairQueue } from 'fairshare/queue';
import type { TenantLimits } from 'fairshare/quota';
import { Problem } from '../http/problem.js';
import { isoOrNull } from '../http/quota-problem.js';
import { CurrentTenant } from '../tenancy/current-tenant.decorator.js';
import { JobJournal, type JobRow } from './job-journal.js';

const ENDED = ['succeeded', 'dead', 'cancelled', 'expired'];

/** A tenant's own jobs: the journal says what became of one, the queue where it stands in line. */
@ApiTags('jobs')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
  ) {}

  @Get(':id')
  @ApiOperation({ summary: 'State, place in line and result of a job' })
  async get(@Param('id') id: string, @CurrentTenant() tenant: TenantLimits): Promise<unknown> {
    const row = await this.find(id, tenant);
    // The journal alone answers while Redis is away.
    const explained = ENDED.includes(row.state)
      ? undefined
      : await this.queue.explain({ jobId: id, tenantId: tenant.tenantId }).catch(() => undefined);
    return jobView(row, explained);
  }

  @Delete(':id')
  @HttpCode(202)
  @ApiOperation({ summary: 'Cancel a job: one that waits will not run, one that runs is told to stop' })
  async cancel(@Param('id') id: string, @CurrentTenant() tenant: TenantLimits): Promise<unknown> {
    const row = await this.find(id, tenant);
    if (ENDED.includes(row.state)) {
      throw new Problem('conflict', `The job has ended already: ${row.state}.`);
    }
    const reply = await this.queue.cancel({ jobId: id, tenantId: tenant.tenantId }, this.journal);
    if (reply === 'removed' || reply === 'unknown') await this.journal.cancel(id);
    return jobView(await this.find(id, tenant), undefined);
  }

  private async find(id: string, tenant: TenantLimits): Promise<JobRow> {
    const row = isUUID(id) ? await this.journal.find(id, tenant.tenantId) : null;
    if (!row) throw new Problem('not_found', 'You have no job of this id.');
    return row;
  }
}

function jobView(row: JobRow, explained: Explanation | undefined): Record<string, unknown> {
  return {
    job_id: row.id,
    tenant_id: row.tenantId,
    state: ENDED.includes(row.state) ? row.state : (explained?.state ?? row.state),
    attempts: row.attempts,
    position: explained?.position ?? null,
    jobs_before: explained?.jobsBefore ?? null,
    estimated_start_at: isoOrNull(explained?.estimatedStartAtMs ?? null),
    why: explained && explained.why !== 'ended' ? explained.why : null,
    waiting_for: explained?.parkReason ?? null,
    until: isoOrNull(explained?.untilMs ?? null),
    remedy: explained?.remedy ?? null,
    created_at: row.createdAt.toISOString(),
    started_at: row.startedAt?.toISOString() ?? null,
    finished_at: row.finishedAt?.toISOString() ?? null,
    result: row.result ?? null,
    error: row.error ?? null,
  };
}
