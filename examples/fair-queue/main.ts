import { FairQueue, type JobRunner, QueueWorker } from 'fairshare/queue';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';

const redis = connectRedis({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' });
await redisReady(redis);
const queue = new FairQueue(redis, { maxTenantJobs: 5 });

for (const [tenantId, pictures] of [
  ['big', 6],
  ['small', 2],
] as const) {
  for (let n = 1; n <= pictures; n += 1) {
    const reply = await queue.enqueue({
      tenantId,
      jobId: `${tenantId}-${n}`,
      name: 'resize',
      payload: `picture ${n}`,
    });
    if (!reply.accepted) console.log(`${tenantId}: picture ${n} is refused, ${reply.code} (${reply.limit})`);
  }
}

const resize: JobRunner<string> = {
  async run({ tenantId, payload }) {
    console.log(`${tenantId}: ${payload}`);
  },
};
const worker = new QueueWorker({ queue, runners: new Map([['resize', resize]]) }, { concurrency: 1 });
worker.start();

await queue.finished({ jobId: 'big-5', timeoutMs: 10_000 });
await worker.stop();
await queue.close();
await closeRedis(redis);
