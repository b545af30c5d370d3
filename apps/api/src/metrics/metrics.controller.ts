import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AdminGuard } from '../operators/admin.guard.js';
import { NeedsRole } from '../operators/admin-role.js';
import { Public } from '../tenancy/public.decorator.js';
import { MetricsRegistry } from './metrics-registry.js';

/** For Prometheus. */
@ApiTags('operations')
@ApiSecurity('admin')
@Public()
@UseGuards(AdminGuard)
@Controller('metrics')
export class MetricsController {
  constructor(private readonly registry: MetricsRegistry) {}

  @NeedsRole('read')
  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Metrics of this process in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'Prometheus text format 0.0.4', schema: { type: 'string' } })
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
