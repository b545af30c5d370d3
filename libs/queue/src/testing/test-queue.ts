import { randomUUID } from 'node:crypto';
import { closeRedis, connectRedis, type RedisClient, redisReady } from 'fairshare/redis';
import { FairQueue } from '../fair-queue.js';
import type { FairQueueOptions } from '../queue.options.js';

export interface TestQueue {
  readonly redis: RedisClient;
  readonly queue: FairQueue;
  close(): Promise<void>;
}

/** A queue with a name of its own on the test server. */
export async function openTestQueue(options: FairQueueOptions = {}): Promise<TestQueue> {
  const url = process.env['FAIRSHARE_TEST_REDIS_URL'];
  if (!url) throw new Error('FAIRSHARE_TEST_REDIS_URL is not set: run the tests with npm test');
  const redis = connectRedis({ url });
  await redisReady(redis, 5_000);
  const queue = new FairQueue(redis, { name: `t-${randomUUID().slice(0, 8)}`, ...options });
  return {
    redis,
    queue,
    async close() {
      await queue.close();
      for (const shard of queue.shards) await redis.del(...Object.values(shard.keys));
      await closeRedis(redis);
    },
  };
}
