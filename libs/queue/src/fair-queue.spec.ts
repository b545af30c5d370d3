import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openTestQueue, type TestQueue } from './testing/test-queue.js';
import { QueueWorker } from './worker/queue-worker.js';
import type { JobRunner } from './worker/job-handler.js';

let test: TestQueue;

beforeEach(async () => {
  test = await openTestQueue();
});

afterEach(async () => {
  await test.close();
});

function worker(run: JobRunner['run'], options = {}) {
  return new QueueWorker({ queue: test.queue, runners: new Map([['work', { run }]]) }, options);
}

describe('FairQueue', () => {
  it('runs a job and keeps its result', async () => {
    const reply = await test.queue.enqueue({ tenantId: 'acme', name: 'work', payload: { n: 20 } });
    expect(reply).toMatchObject({ accepted: true, duplicate: false, depth: 1 });
    const jobId = (reply as { jobId: string }).jobId;
    expect(await test.queue.get({ jobId })).toMatchObject({
      state: 'waiting',
      payload: { n: 20 },
      attempts: 0,
    });
    await worker(async (job) => ({ twice: (job.payload as { n: number }).n * 2 })).runOnce();
    expect(await test.queue.get({ jobId })).toMatchObject({
      state: 'succeeded',
      result: { twice: 40 },
      attempts: 1,
    });
    expect(await test.queue.stats()).toMatchObject({ waiting: 0, running: 0, bytes: 0 });
  });

  it('wakes an idle worker', async () => {
    const one = worker(async () => 'done');
    one.start();
    const reply = await test.queue.enqueue({ tenantId: 'acme', name: 'work' });
    const jobId = (reply as { jobId: string }).jobId;
    expect(await test.queue.finished({ jobId, timeoutMs: 5_000 })).toMatchObject({ state: 'succeeded' });
    await one.stop();
  });

  it('serves tenants in turn, each in order', async () => {
    for (const tenantId of ['a', 'b']) {
      for (let n = 0; n < 3; n++) await test.queue.enqueue({ tenantId, name: 'work', payload: n });
    }
    const seen: string[] = [];
    const one = worker(async (job) => void seen.push(`${job.tenantId}${JSON.stringify(job.payload)}`));
    while ((await one.runOnce()) > 0);
    expect(seen).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  });

  it('opens no connection once it is closed, which nobody would close', async () => {
    const { jobId } = (await test.queue.enqueue({ tenantId: 'acme', name: 'work' })) as { jobId: string };
    const opened = jest.spyOn(test.redis, 'duplicate');
    await test.queue.close();
    expect(await test.queue.finished({ jobId, timeoutMs: 1 })).toBeUndefined();
    expect(opened).not.toHaveBeenCalled();
  });
});
