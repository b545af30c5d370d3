import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, type RedisClient, redisReady } from 'fairshare/redis';
import { type Accepted, FairQueue, QueueWorker } from 'fairshare/queue';
import { OwnCluster } from '../libs/queue/src/testing/own-redis.js';

const cluster = new OwnCluster();
let redis: RedisClient;

beforeAll(async () => {
  await cluster.start();
  redis = connectRedis({ url: cluster.url });
  await redisReady(redis, 10_000);
}, 60_000);

afterAll(async () => {
  await closeRedis(redis);
  await cluster.remove();
});

describe('a queue on a cluster of three nodes', () => {
  it('runs the jobs of all its shards, each tenant in order', async () => {
    const queue = new FairQueue(redis, { shards: 4 });
    const seen = new Map<string, number[]>();
    const run = async ({ tenantId, payload }: { tenantId: string; payload: unknown }) => {
      seen.set(tenantId, [...(seen.get(tenantId) ?? []), payload as number]);
    };
    const worker = new QueueWorker({ queue, runners: new Map([['work', { run }]]) }, { concurrency: 1 });
    worker.start();
    const tenants = Array.from({ length: 12 }, (_, index) => `tenant-${index}`);
    const replies = await queue.enqueueMany(
      [0, 1, 2].flatMap((payload) => tenants.map((tenantId) => ({ tenantId, name: 'work', payload }))),
    );
    const views = await Promise.all(
      replies.map((reply) => queue.finished({ jobId: (reply as Accepted).jobId, timeoutMs: 20_000 })),
    );
    expect(new Set(views.map((view) => view?.state))).toEqual(new Set(['succeeded']));
    expect([...seen.values()]).toEqual(tenants.map(() => [0, 1, 2]));
    expect(await queue.stats()).toMatchObject({ waiting: 0, running: 0, bytes: 0 });
    await worker.stop();
    await queue.close();
  }, 60_000);
});
