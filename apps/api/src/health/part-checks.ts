import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { RedisConnection } from 'fairshare/redis';
import { HealthChecks } from './health-checks.js';

/** The two parts without which nothing is served. */
@Injectable()
export class PartChecks implements OnModuleInit {
  constructor(
    private readonly checks: HealthChecks,
    private readonly prisma: PrismaService,
    @Inject(RedisConnection) private readonly redis: RedisConnection,
  ) {}

  onModuleInit(): void {
    this.checks.register('postgres', async () => {
      await this.prisma.$queryRaw`SELECT 1`;
      return { state: 'up' };
    });
    this.checks.register('redis', async () => {
      await this.redis.ping();
      return { state: 'up' };
    });
  }
}
