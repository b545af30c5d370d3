import { Controller, Get, HttpStatus, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PrismaService } from 'fairshare/prisma';
import { RedisConnection } from 'fairshare/redis';
import { HealthDto, LiveDto } from './health.dto.js';
import { Public } from '../tenancy/public.decorator.js';

const PROBE_DEADLINE_MS = 1_000;

type Part = 'up' | 'down';

/** live: the process answers. ready: everything it needs answers too. */
@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly prisma: PrismaService,
    @Inject(RedisConnection) private readonly redis: RedisConnection,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The process and its parts; 200 as long as the process answers' })
  @ApiOkResponse({ type: HealthDto })
  async health(): Promise<HealthDto> {
    const parts = await this.probe();
    return { status: isWhole(parts) ? 'ok' : 'degraded', ...parts };
  }

  @Get('live')
  @ApiOperation({ summary: 'The process answers' })
  @ApiOkResponse({ type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: '503 while something it needs is away, with its name' })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto, description: 'Something it needs is away' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthDto> {
    const parts = await this.probe();
    if (!isWhole(parts)) void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: isWhole(parts) ? 'ok' : 'degraded', ...parts };
  }

  private async probe(): Promise<{ postgres: Part; redis: Part }> {
    const [postgres, redis] = await Promise.all([
      part(this.prisma.$queryRaw`SELECT 1`),
      part(this.redis.ping()),
    ]);
    return { postgres, redis };
  }
}

function isWhole(parts: Record<string, Part>): boolean {
  return Object.values(parts).every((state) => state === 'up');
}

async function part(answer: PromiseLike<unknown>): Promise<Part> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Part>((resolve) => (timer = setTimeout(() => resolve('down'), PROBE_DEADLINE_MS)));
  const probe = Promise.resolve(answer).then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return Promise.race([probe, late]).finally(() => clearTimeout(timer));
}
