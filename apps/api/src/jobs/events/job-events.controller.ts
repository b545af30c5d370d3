import { Controller, Get, Headers, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TenantLimits } from 'fairshare/quota';
import { CurrentTenant } from '../../tenancy/current-tenant.decorator.js';
import { hasEnded, JobJournal, type JobRow } from '../job-journal.js';
import { readEventId, type Seen } from './event-id.js';
import { JobStreams } from './job-streams.js';

/** What happens to a job, as server-sent events. */
@ApiTags('jobs')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('jobs')
export class JobEventsController {
  constructor(
    private readonly journal: JobJournal,
    private readonly streams: JobStreams,
  ) {}

  @Get(':id/events')
  @ApiOperation({
    summary: 'Follow a job: events state, position and, last, result',
    description:
      'The stream tells where the job stands and closes after the result. Comments keep it alive. Where you are let in ' +
      'no longer (a key revoked or expired, the tenant suspended or removed), or the job is gone, the last event is ' +
      'closed: its code and detail say why.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'What you have seen is not told again',
  })
  @ApiProduces('text/event-stream')
  @ApiResponse({ status: 200, description: 'The events' })
  @ApiResponse({ status: 204, description: 'You have seen the result: do not come back' })
  @ApiResponse({ status: 404, description: 'You have no job of this id' })
  @ApiResponse({ status: 429, description: 'Too many streams are open' })
  async follow(
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentTenant() { tenantId }: TenantLimits,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const row = await this.journal.mustFind(id, tenantId);
    const seen = readEventId(row.id, lastEventId);
    if (hasSeenTheEnd(row, seen)) return void reply.status(204).send();
    this.streams.checkRoom(tenantId);
    void reply
      .status(200)
      .header('Content-Type', 'text/event-stream; charset=utf-8')
      .header('Cache-Control', 'no-store')
      .header('X-Accel-Buffering', 'no');
    // HEAD has no body: a stream that nobody reads would never end.
    if (request.method === 'HEAD') return void reply.send();
    // A job that was requeued after that end has everything before it again.
    const stream = this.streams.open({ row, seen: seen.endedAtMs === undefined ? seen : {}, request });
    void reply.send(stream);
  }
}

function hasSeenTheEnd({ state, finishedAt }: JobRow, { endedAtMs }: Seen): boolean {
  return hasEnded(state) && endedAtMs !== undefined && endedAtMs === finishedAt?.getTime();
}
