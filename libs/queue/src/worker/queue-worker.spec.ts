import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { FairQueue } from '../fair-queue.js';
import type { JobAdmission, RunOutcome } from '../job-admission.js';
import type { JobTransition } from '../job-events.js';
import { UnrecoverableJobError } from '../queue.errors.js';
import type { QueueWorkerOptions } from '../queue.options.js';
import type { Accepted, EnqueueRequest } from '../queue.types.js';
import { openTestQueue, type TestQueue } from '../testing/test-queue.js';
import type { JobRunner } from './job-handler.js';
import { QueueWorker, type QueueWorkerParts } from './queue-worker.js';

let test: TestQueue;
let workers: QueueWorker[];

beforeEach(async () => {
  test = await openTestQueue();
  workers = [];
});

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await test.close();
});

function worker(
  run: JobRunner['run'],
  options: QueueWorkerOptions = {},
  parts: Partial<QueueWorkerParts> = {},
): QueueWorker {
  const runners = new Map([['work', { run }]]);
  const created = new QueueWorker(
    { queue: test.queue, runners, ...parts },
    { backoffMs: 1, drainMs: 50, ...options },
  );
  workers.push(created);
  return created;
}

async function add(request: Partial<EnqueueRequest> = {}): Promise<string> {
  const reply = await test.queue.enqueue({ tenantId: 'acme', name: 'work', ...request });
  return (reply as Accepted).jobId;
}

/** A promise and the function that fulfils it. */
function signal<Value = void>() {
  let give!: (value: Value) => void;
  const promise = new Promise<Value>((resolve) => (give = resolve));
  return { promise, give };
}

const ended = (jobId: string) => test.queue.finished({ jobId, timeoutMs: 10_000 });

describe('QueueWorker', () => {
  it('retries with a pause until the attempts are used up, then keeps the reason', async () => {
    const attempts: number[] = [];
    const one = worker(async ({ attempt }) => {
      attempts.push(attempt);
      throw new Error(`broke ${attempt}`);
    });
    one.start();
    const jobId = await add({ maxAttempts: 3 });
    expect(await ended(jobId)).toMatchObject({ state: 'dead', attempts: 3, error: { message: 'broke 3' } });
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('does not retry what cannot recover, nor a name without a handler', async () => {
    worker(async () => {
      throw new UnrecoverableJobError('never');
    }).start();
    const [poison, stranger] = [await add(), await add({ name: 'unheard-of' })];
    expect(await ended(poison)).toMatchObject({ state: 'dead', attempts: 1 });
    expect(await ended(stranger)).toMatchObject({
      state: 'dead',
      error: { message: 'No handler for "unheard-of"' },
    });
  });

  it('requeues the dead with all their attempts', async () => {
    let broken = true;
    worker(async () => {
      if (broken) throw new Error('broken');
    }).start();
    const jobId = await add({ maxAttempts: 1 });
    await ended(jobId);
    broken = false;
    expect(await test.queue.requeueDead({ tenantId: 'acme' })).toBe(1);
    expect(await ended(jobId)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  it('tells a running handler that its job was cancelled', async () => {
    const running = signal();
    const one = worker(
      (_job, context) =>
        new Promise((_, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
          running.give();
        }),
    );
    one.start();
    const jobId = await add();
    await running.promise;
    expect(await test.queue.cancel({ jobId })).toBe('requested');
    expect(await ended(jobId)).toMatchObject({ state: 'cancelled', error: { code: 'job_cancelled' } });
  });

  it('hears of a cancel from another process', async () => {
    const [running, stopped] = [signal(), signal<string>()];
    const one = worker(
      (_job, context) =>
        new Promise((_, reject) => {
          context.signal.addEventListener('abort', () => {
            stopped.give((context.signal.reason as Error).name);
            reject(context.signal.reason as Error);
          });
          running.give();
        }),
      { leaseMs: 600_000 },
    );
    one.start();
    const jobId = await add();
    await running.promise;
    const elsewhere = connectRedis({ url: process.env['FAIRSHARE_TEST_REDIS_URL']! });
    await redisReady(elsewhere, 5_000);
    const other = new FairQueue(elsewhere, { name: test.queue.name });
    expect(await other.cancel({ jobId })).toBe('requested');
    expect(await stopped.promise).toBe('JobCancelledError');
    expect(await other.finished({ jobId, timeoutMs: 10_000 })).toMatchObject({ state: 'cancelled' });
    await other.close();
    await closeRedis(elsewhere);
  });

  it('ends a run that takes too long, even if its handler hangs for ever', async () => {
    worker(() => new Promise(() => undefined), { maxRunMs: 20 }).start();
    const jobId = await add({ maxAttempts: 1 });
    expect(await ended(jobId)).toMatchObject({ state: 'dead', error: { code: 'run_timeout' } });
  });

  it('refuses the late outcome of a run that was given to another', async () => {
    const shard = test.queue.shards[0]!;
    const jobId = await add();
    const [stale] = (await shard.claim(1, 1)).claims;
    while ((await shard.reap(10_000)).claims.length === 0);
    const [fresh] = (await shard.claim(1, 10_000)).claims;
    expect(fresh!.token).toBeGreaterThan(stale!.token);
    const outcome = { jobId, kind: 'succeeded' as const, text: '' };
    expect((await shard.finish([{ ...outcome, token: stale!.token }], 0, 1)).codes).toEqual(['lost']);
    expect((await shard.finish([{ ...outcome, token: fresh!.token }], 0, 1)).codes).toEqual(['done']);
  });

  it('keeps a long run alive by extending its lease', async () => {
    let runs = 0;
    const one = worker(
      async () => {
        runs += 1;
        await new Promise((resolve) => setTimeout(resolve, 300));
      },
      { leaseMs: 90, safetyNetMs: 20 },
    );
    one.start();
    expect(await ended(await add())).toMatchObject({ state: 'succeeded' });
    expect(runs).toBe(1);
  });

  it('runs a job once more for each worker that was killed, whatever its attempts', async () => {
    const shard = test.queue.shards[0]!;
    const jobId = await add({ maxAttempts: 1 });
    for (let kills = 0; kills < 4; kills += 1) {
      await shard.claim(1, 1);
      while ((await shard.reap(1)).claims.length === 0);
    }
    worker(async () => 'done').start();
    expect(await ended(jobId)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  it('buries a job whose workers fell silent again and again', async () => {
    await test.close();
    test = await openTestQueue({ maxLost: 1 });
    const shard = test.queue.shards[0]!;
    const told: JobTransition[] = [];
    const jobId = await add({ maxAttempts: 1 });
    await shard.claim(1, 1);
    worker(
      async () => undefined,
      { safetyNetMs: 5 },
      { events: { onTransition: async (one) => void told.push(one) } },
    ).start();
    expect(await ended(jobId)).toMatchObject({ state: 'dead', error: { code: 'lease_lost' } });
    expect(told.map(({ to }) => to)).toEqual(['dead']);
  });

  it('reports an expired job and never runs it', async () => {
    let runs = 0;
    const told: JobTransition[] = [];
    const jobId = await add({ ttlMs: 1, delayMs: 5 });
    worker(
      async () => void (runs += 1),
      {},
      { events: { onTransition: async (one) => void told.push(one) } },
    ).start();
    expect(await ended(jobId)).toMatchObject({ state: 'expired', attempts: 0 });
    expect([runs, told.map(({ to }) => to)]).toEqual([0, ['expired']]);
  });

  it('runs a delayed job when it is due, without anybody polling', async () => {
    const one = worker(async () => 'late', { safetyNetMs: 60_000 });
    one.start();
    expect(await ended(await add({ delayMs: 60 }))).toMatchObject({ state: 'succeeded' });
  });

  it('gives running jobs back to the head of their line when it stops', async () => {
    const running = signal();
    const one = worker(
      () => {
        running.give();
        return new Promise(() => undefined);
      },
      { concurrency: 1, drainMs: 10 },
    );
    one.start();
    const [first] = [await add(), await add()];
    await running.promise;
    await one.stop();
    const view = await test.queue.get({ jobId: first });
    expect(view).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(await test.queue.explain({ jobId: first })).toMatchObject({ position: 1 });
    expect(await test.queue.stats()).toMatchObject({ running: 0, waiting: 2 });
  });

  it('lets running jobs finish when it stops', async () => {
    const [running, go] = [signal(), signal()];
    const one = worker(
      async () => {
        running.give();
        await go.promise;
        return 'finished';
      },
      { drainMs: 5_000 },
    );
    one.start();
    const jobId = await add();
    await running.promise;
    const stopping = one.stop();
    go.give();
    await stopping;
    expect(await test.queue.get({ jobId })).toMatchObject({ state: 'succeeded', result: 'finished' });
  });
});

describe('runOnce', () => {
  it('beside started workers runs each job once', async () => {
    const runs = new Map<string, number>();
    const count: JobRunner['run'] = async ({ jobId }) => void runs.set(jobId, (runs.get(jobId) ?? 0) + 1);
    const once = worker(count);
    worker(count, { concurrency: 2 }).start();
    const ids = await Promise.all(Array.from({ length: 60 }, () => add()));
    while ((await once.runOnce(3)) > 0);
    await Promise.all(ids.map(ended));
    expect([...runs.values()]).toEqual(ids.map(() => 1));
  });

  it('of a started worker takes beyond its slots, and the worker goes on', async () => {
    const [running, go] = [signal(), signal()];
    const one = worker(
      async ({ priority }) => {
        if (priority !== 1) return;
        running.give();
        await go.promise;
      },
      { concurrency: 1 },
    );
    one.start();
    const slow = await add({ priority: 1 });
    await running.promise;
    const quick = await add();
    expect(await one.runOnce()).toBe(1);
    expect(await ended(quick)).toMatchObject({ state: 'succeeded' });
    go.give();
    expect(await ended(slow)).toMatchObject({ state: 'succeeded' });
    expect(await ended(await add())).toMatchObject({ state: 'succeeded' });
  });

  it('counts how long jobs waited, in the figures of the tenant and of all', async () => {
    await add();
    expect(await test.queue.stats()).toMatchObject({ waitMs: null, throughputPerSecond: 0 });
    await worker(async () => undefined).runOnce();
    expect((await test.queue.stats()).waitMs!.p50).toBeGreaterThanOrEqual(1);
    expect((await test.queue.tenantStats('acme')).throughputPerSecond).toBeGreaterThan(0);
    expect(await test.queue.tenantStats('other')).toMatchObject({ waitMs: null });
  });

  it('counts a retried job’s wait once', async () => {
    await add({ maxAttempts: 2 });
    const one = worker(async () => Promise.reject(new Error('no')), { backoffMs: 1 });
    while ((await test.queue.stats()).dead === 0) await one.runOnce();
    const { throughputPerSecond } = await test.queue.stats();
    expect(throughputPerSecond).toBeLessThanOrEqual(1);
  });
});

describe('QueueWorker, asking for admission', () => {
  it('parks a refused tenant, serves the others, and comes back when unparked', async () => {
    let allowed = false;
    const [asked, served] = [signal(), signal()];
    const admission: JobAdmission = {
      async admit({ tenantId }) {
        if (tenantId !== 'poor' || allowed) return { admitted: true };
        asked.give();
        return { admitted: false, retryAtMs: null, reason: 'queries_hourly is used up' };
      },
    };
    worker(async ({ tenantId }) => void (tenantId === 'rich' && served.give()), {}, { admission }).start();
    const poor = await add({ tenantId: 'poor' });
    await asked.promise;
    await add({ tenantId: 'rich' });
    await served.promise;
    while ((await test.queue.get({ jobId: poor }))?.state !== 'waiting');
    expect(await test.queue.explain({ jobId: poor })).toMatchObject({
      why: 'parked',
      parkReason: 'queries_hourly is used up',
      untilMs: null,
      position: 1,
    });
    allowed = true;
    await test.queue.unpark('poor');
    expect(await ended(poor)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  it('tries a refused tenant again at the time given', async () => {
    let asked = 0;
    const admission: JobAdmission = {
      admit: async () =>
        (asked += 1) === 1
          ? { admitted: false, retryAtMs: Date.now() + 30, reason: 'wait' }
          : { admitted: true },
    };
    worker(async () => undefined, { safetyNetMs: 60_000 }, { admission }).start();
    expect(await ended(await add())).toMatchObject({ state: 'succeeded' });
    expect(asked).toBe(2);
  });

  it('does not park a tenant whose unpark overtook the refusal', async () => {
    let asked = 0;
    const admission: JobAdmission = {
      async admit({ tenantId }) {
        if ((asked += 1) > 1) return { admitted: true };
        await test.queue.unpark(tenantId);
        return { admitted: false, retryAtMs: null, reason: 'stale' };
      },
    };
    worker(async () => undefined, {}, { admission }).start();
    expect(await ended(await add())).toMatchObject({ state: 'succeeded' });
  });

  it('settles what the run reported, then journals, then lets the queue forget', async () => {
    const order: string[] = [];
    const outcomes: RunOutcome[] = [];
    const jobId = await add({ cost: 5 });
    const one = worker(
      async (_job, context) => {
        context.report({ trueCost: 2, usage: { tokens: 7 } });
        return 'ok';
      },
      {},
      {
        admission: {
          admit: async () => ({ admitted: true }),
          settle: async (_job, outcome) => {
            order.push('settle');
            outcomes.push(outcome);
          },
        },
        events: {
          onTransition: async ({ to }) => {
            order.push(`${to} while ${(await test.queue.get({ jobId }))!.state}`);
          },
        },
      },
    );
    await one.runOnce();
    expect(order).toEqual(['running while running', 'settle', 'succeeded while running']);
    expect(outcomes).toEqual([{ state: 'succeeded', result: 'ok', trueCost: 2, usage: { tokens: 7 } }]);
  });

  it.each<[string, RunOutcome['state'], (jobId: string, one: QueueWorker) => unknown]>([
    ['fails', 'failed', () => Promise.reject(new Error('it broke'))],
    ['fails for good', 'dead', () => Promise.reject(new UnrecoverableJobError('never'))],
    ['is cancelled', 'cancelled', (jobId) => test.queue.cancel({ jobId })],
    ['is stopped', 'waiting', (_, one) => void one.stop()],
    [
      'loses its lease',
      'lost',
      () => (test.queue.shards[0]!.extend = async (runs) => runs.map(() => 'lost')),
    ],
  ])('settles what a run reported when it %s', async (_, state, end) => {
    const settled = signal<RunOutcome>();
    const one: QueueWorker = worker(
      async ({ jobId }, { report, signal: given }) => {
        report({ trueCost: 2, usage: { tokens: 7 } });
        await end(jobId, one);
        await new Promise((resolve) => given.addEventListener('abort', resolve));
      },
      { drainMs: 0, leaseMs: 300 },
      {
        admission: {
          admit: async () => ({ admitted: true }),
          settle: async (__, outcome) => settled.give(outcome),
        },
      },
    );
    one.start();
    await add();
    expect(await settled.promise).toMatchObject({ state, trueCost: 2, usage: { tokens: 7 } });
  });

  it('does not run a job again when the journal is away for a moment', async () => {
    let runs = 0;
    let told = 0;
    const events = {
      onTransition: async ({ to }: JobTransition) => {
        if (to === 'succeeded' && (told += 1) === 1) throw new Error('the journal is away');
      },
    };
    const jobId = await add();
    await worker(async () => void (runs += 1), {}, { events }).runOnce();
    expect([runs, told]).toEqual([1, 2]);
    expect(await test.queue.get({ jobId })).toMatchObject({ state: 'succeeded' });
  });
});
