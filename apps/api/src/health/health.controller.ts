import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { HealthDto, LiveDto } from './health.dto.js';
import { HealthChecks, type NamedReport, worstOf } from './health-checks.js';
import { Public } from '../tenancy/public.decorator.js';

/** live: the process answers. ready: everything it needs answers too. */
@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  @Get()
  @ApiOperation({ summary: 'The process and its parts; 200 as long as the process answers' })
  @ApiOkResponse({ type: HealthDto })
  async health(): Promise<HealthDto> {
    return healthView(await this.checks.run());
  }

  @Get('live')
  @ApiOperation({ summary: 'The process answers' })
  @ApiOkResponse({ type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: '503 while something it needs is down, with its name; 200 while it is degraded' })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'Something it needs is down' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthDto> {
    const reports = await this.checks.run();
    if (worstOf(reports) === 'down') {
      void reply.status(HttpStatus.SERVICE_UNAVAILABLE).header('Retry-After', '1');
    }
    return healthView(reports);
  }
}

function healthView(reports: readonly NamedReport[]): HealthDto {
  return {
    status: worstOf(reports) === 'up' ? 'ok' : 'degraded',
    postgres: partOf(reports, 'postgres'),
    redis: partOf(reports, 'redis'),
    checks: [...reports],
  };
}

function partOf(reports: readonly NamedReport[], name: string): 'up' | 'down' {
  return reports.some((report) => report.name === name && report.state !== 'down') ? 'up' : 'down';
}
