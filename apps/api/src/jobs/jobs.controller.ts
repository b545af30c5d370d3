import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FairQueue } from 'fairshare/queue';
import type { TenantLimits } from 'fairshare/quota';
import { Idempotent } from '../http/idempotent.decorator.js';
import { Problem } from '../problems/problem.js';
import { CurrentTenant } from '../tenancy/current-tenant.decorator.js';
import { CancelledJobDto, JobDto, JobsDto } from './job.dto.js';
import { JobCancellation } from './job-cancellation.js';
import { readCursor, writeCursor } from './job-cursor.js';
import { hasEnded, JobJournal } from './job-journal.js';
import { jobSummary, jobView } from './job-view.js';
import { ListJobsDto } from './jobs.dto.js';

/** A tenant's own jobs: the journal says what became of one, the queue where it stands in line. */
@ApiTags('jobs')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    private readonly cancellation: JobCancellation,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Your jobs, newest first' })
  @ApiResponse({ status: 200, description: 'A page; next_cursor is null on the last one', type: JobsDto })
  @ApiResponse({ status: 400, description: 'state, limit or cursor is not valid' })
  async list(
    @Query() { state, limit = 20, cursor }: ListJobsDto,
    @CurrentTenant() { tenantId }: TenantLimits,
  ): Promise<unknown> {
    const after = cursor === undefined ? undefined : readCursor(cursor);
    // One more than the page tells whether there is another.
    const rows = await this.journal.page({ tenantId, state, after, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return {
      jobs: page.map(jobSummary),
      next_cursor: rows.length > limit ? writeCursor(page.at(-1)!) : null,
    };
  }

  @Get(':id')
  @ApiOperation({ summary: 'State, place in line and result of a job' })
  @ApiResponse({ status: 200, description: 'The job', type: JobDto })
  @ApiResponse({ status: 404, description: 'You have no job of this id' })
  async get(@Param('id') id: string, @CurrentTenant() { tenantId }: TenantLimits): Promise<unknown> {
    const row = await this.journal.mustFind(id, tenantId);
    // The journal alone answers while Redis is away.
    const explained = hasEnded(row.state)
      ? undefined
      : await this.queue.explain({ jobId: id, tenantId }).catch(() => undefined);
    return jobView(row, explained);
  }

  @Delete(':id')
  @Idempotent()
  @HttpCode(202)
  @ApiOperation({ summary: 'Cancel a job: one that waits will not run, one that runs is told to stop' })
  @ApiResponse({
    status: 202,
    description: 'The job; cancel_requested while it still runs',
    type: CancelledJobDto,
  })
  @ApiResponse({ status: 404, description: 'You have no job of this id' })
  @ApiResponse({ status: 409, description: 'The job has ended already' })
  async cancel(@Param('id') id: string, @CurrentTenant() { tenantId }: TenantLimits): Promise<unknown> {
    const row = await this.journal.mustFind(id, tenantId);
    const reply = hasEnded(row.state) ? 'ended' : await this.cancellation.cancel({ jobId: id, tenantId });
    const now = await this.journal.mustFind(id, tenantId);
    if (reply === 'ended') throw new Problem('conflict', `The job has ended already: ${now.state}.`);
    return { ...jobView(now, undefined), cancel_requested: reply === 'requested' };
  }
}
