import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, type RedisClient, redisReady } from 'fairshare/redis';
import { type Accepted, FairQueue, QueueUnavailableError, QueueWorker } from 'fairshare/queue';
import { OwnRedis } from '../libs/queue/src/testing/own-redis.js';

let server: OwnRedis;
let redis: RedisClient;
let queue: FairQueue;
let worker: QueueWorker;

beforeEach(async () => {
  server = new OwnRedis();
  await server.start();
  redis = connectRedis({ url: server.url });
  await redisReady(redis, 5_000);
  queue = new FairQueue(redis);
  worker = new QueueWorker(
    { queue, runners: new Map([['work', { run: async () => 'done' }]]) },
    { drainMs: 100 },
  );
});

afterEach(async () => {
  await worker.stop();
  await queue.close();
  await closeRedis(redis);
  await server.remove();
});

const finished = (jobId: string) => queue.finished({ jobId, timeoutMs: 10_000 });
const add = async (jobId?: string) =>
  ((await queue.enqueue({ tenantId: 'acme', name: 'work', jobId })) as Accepted).jobId;

/** Resolves with the next call of the listener. */
function nextLoss(): Promise<void> {
  return new Promise((resolve) => {
    let calls = 0;
    queue.onLost(() => {
      // The first call tells that the queue was empty when it was first looked at.
      if ((calls += 1) === 2) resolve();
    });
  });
}

async function marked(): Promise<void> {
  while (!String(await redis.get('fairshare:{default:0}:marker')).startsWith('filled'));
}

describe('a queue whose Redis', () => {
  it('lost its memory is told within a second or so, and takes the jobs again', async () => {
    const lost = nextLoss();
    await marked();
    const jobId = await add();
    await redis.flushall();
    const flushed = performance.now();
    await lost;
    expect(performance.now() - flushed).toBeLessThan(5_000);
    await add(jobId);
    expect(await add(jobId)).toBe(jobId);
    worker.start();
    expect(await finished(jobId)).toMatchObject({ state: 'succeeded' });
    expect(await queue.stats()).toMatchObject({ waiting: 0, running: 0 });
  });

  it('forgot its scripts goes on', async () => {
    worker.start();
    await finished(await add());
    await redis.script('FLUSH');
    expect(await finished(await add())).toMatchObject({ state: 'succeeded' });
  });

  it('was restarted is used again, by the same worker', async () => {
    worker.start();
    await finished(await add());
    await server.stop();
    await expect(queue.enqueue({ tenantId: 'acme', name: 'work' })).rejects.toThrow(QueueUnavailableError);
    await server.start();
    await redisReady(redis, 5_000);
    expect(await finished(await add())).toMatchObject({ state: 'succeeded' });
  });

  it('is full refuses new jobs, and still runs and ends the old ones', async () => {
    const jobId = await add();
    await redis.config('SET', 'maxmemory', '1');
    await expect(queue.enqueue({ tenantId: 'acme', name: 'work' })).rejects.toThrow(QueueUnavailableError);
    await worker.runOnce();
    expect(await queue.get({ jobId })).toMatchObject({ state: 'succeeded', result: 'done' });
    expect(await queue.stats()).toMatchObject({ waiting: 0, running: 0 });
  });
});
