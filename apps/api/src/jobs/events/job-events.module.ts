import { Module } from '@nestjs/common';
import { TenancyModule } from '../../tenancy/tenancy.module.js';
import { JobsModule } from '../jobs.module.js';
import { JobEventsController } from './job-events.controller.js';
import { JobStreams } from './job-streams.js';

/** Who follows a job hears of each of its changes. */
@Module({
  imports: [JobsModule, TenancyModule],
  controllers: [JobEventsController],
  providers: [JobStreams],
})
export class JobEventsModule {}
