import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { RedisConnection } from 'fairshare/redis';
import { HealthChecks, type HealthReport } from './health-checks.js';

/**
 * Whether Redis' memory is bounded and nothing in it is thrown away: without a bound the machine runs out of memory, and a
 * policy that evicts forgets counters and jobs. Where Redis does not tell, as some hosted ones, nothing is said.
 */
@Injectable()
export class RedisMemoryCheck implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Redis');

  constructor(
    private readonly checks: HealthChecks,
    @Inject(RedisConnection) private readonly redis: RedisConnection,
  ) {}

  onModuleInit(): void {
    this.checks.register('redis_memory', async () => {
      const detail = await this.fault();
      return { state: detail ? 'degraded' : 'up', detail } satisfies HealthReport;
    });
  }

  onApplicationBootstrap(): void {
    void this.fault().then((fault) => fault && this.logger.warn(fault));
  }

  private async fault(): Promise<string | undefined> {
    // Nodes of a cluster are set up alike: the one that answers speaks for all.
    const info = await this.redis.info('memory').catch(() => undefined);
    return info === undefined ? undefined : memoryFault(info);
  }
}

/** What is wrong by `INFO memory`; undefined where nothing is, or where it does not say. */
export function memoryFault(info: string): string | undefined {
  const bytes = /^maxmemory:(\d+)/m.exec(info)?.[1];
  const policy = /^maxmemory_policy:([\w-]+)/m.exec(info)?.[1];
  const faults = [
    bytes === '0' ? 'Redis has no maxmemory: set one below the memory of its machine' : undefined,
    policy !== undefined && policy !== 'noeviction'
      ? `Redis evicts keys (maxmemory-policy ${policy}), which forgets counters and jobs: set noeviction`
      : undefined,
  ].filter((fault) => fault !== undefined);
  return faults.length > 0 ? faults.join('. ') : undefined;
}
