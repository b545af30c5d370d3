import { FairQueue, QueueWorker } from 'fairshare/queue';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { peer } from '../lib/peers.mjs';

/** Jobs of one worker at once. */
const CONCURRENCY = 64;

/**
 * Everything that is measured. Each opens on a namespace of its own:
 * open(url, namespace) → {add(tenant, n), work(onJob) → stop(), close()}. `n` comes back to onJob.
 */
export const CONTESTANTS = { fairshare, bullmq, groupmq };

async function fairshare(url, namespace) {
  const redis = connectRedis({ url, commandTimeoutMs: 10_000 });
  await redisReady(redis, 5_000);
  const queue = new FairQueue(redis, {
    name: namespace,
    maxTotalJobs: 1_000_000,
    maxTenantJobs: 1_000_000,
    keepEndedMs: 0,
  });
  return {
    async add(tenant, n) {
      const reply = await queue.enqueue({ tenantId: `tenant-${tenant}`, name: 'work', payload: { n } });
      if (!reply.accepted) throw new Error(`refused: ${reply.code}`);
    },
    async work(onJob) {
      const runners = new Map([['work', { run: async (job) => onJob(job.payload.n) }]]);
      const worker = new QueueWorker({ queue, runners }, { concurrency: CONCURRENCY });
      worker.start();
      return () => worker.stop();
    },
    async close() {
      await queue.close();
      await closeRedis(redis);
    },
  };
}

async function bullmq(url, namespace) {
  const { Queue, Worker } = peer('bullmq');
  const connection = { url, enableAutoPipelining: true, maxRetriesPerRequest: null };
  const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
  const queue = new Queue(namespace, { connection, defaultJobOptions });
  await queue.waitUntilReady();
  return {
    add: (tenant, n) => queue.add('work', { tenant, n }),
    async work(onJob) {
      const worker = new Worker(namespace, async (job) => onJob(job.data.n), {
        connection,
        concurrency: CONCURRENCY,
      });
      await worker.waitUntilReady();
      return () => worker.close();
    },
    close: () => queue.close(),
  };
}

async function groupmq(url, namespace) {
  const { Queue, Worker } = peer('groupmq');
  const redis = connectRedis({ url, commandTimeoutMs: 0 });
  await redisReady(redis, 5_000);
  const queue = new Queue({ redis, namespace });
  return {
    add: (tenant, n) => queue.add({ groupId: `tenant-${tenant}`, data: { n } }),
    async work(onJob) {
      const worker = new Worker({
        queue,
        concurrency: CONCURRENCY,
        handler: async (job) => onJob(job.data.n),
      });
      worker.on('error', () => undefined);
      void worker.run();
      return () => worker.close(1_000);
    },
    async close() {
      await queue.close?.();
      await closeRedis(redis);
    },
  };
}
