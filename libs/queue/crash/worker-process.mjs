/** A worker that is killed at any moment: node worker-process.mjs CODE_FOLDER REDIS_URL QUEUE_NAME LEASE_MS. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , code, url, name, leaseMs] = process.argv;
const load = (path) => import(pathToFileURL(join(code, 'libs', path)).href);
const { connectRedis, redisReady } = await load('redis/src/redis-connection.js');
const { FairQueue } = await load('queue/src/fair-queue.js');
const { QueueWorker } = await load('queue/src/worker/queue-worker.js');

const redis = connectRedis({ url });
await redisReady(redis, 10_000);
const queue = new FairQueue(redis, { name, maxTotalJobs: 1_000_000 });
const run = async ({ payload }) => {
  await new Promise((resolve) => setTimeout(resolve, payload.ms));
};
new QueueWorker(
  { queue, runners: new Map([['work', { run }]]) },
  { concurrency: 5, leaseMs: Number(leaseMs), safetyNetMs: 100 },
).start();
process.send?.('ready');
process.on('disconnect', () => process.exit());
