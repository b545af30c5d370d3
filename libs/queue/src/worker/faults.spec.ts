import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Admission, JobAdmission, RunOutcome } from '../job-admission.js';
import type { JobEvents, JobTransition } from '../job-events.js';
import { QueueError } from '../queue.errors.js';
import type { QueueWorkerOptions } from '../queue.options.js';
import type { Accepted, EnqueueRequest } from '../queue.types.js';
import { openTestQueue, type TestQueue } from '../testing/test-queue.js';
import type { JobRunner } from './job-handler.js';
import { QueueWorker } from './queue-worker.js';

class TransientError extends QueueError {
  readonly code = 'away';
  readonly retryable = true;
}
class PermanentError extends QueueError {
  readonly code = 'refused';
  readonly retryable = false;
}
const PERMANENT = new PermanentError('it never fits');
const hang = () => new Promise<never>(() => undefined);
const ADMIT: Admission = { admitted: true };

let test: TestQueue;
let settled: RunOutcome[];
let told: JobTransition[];
let worker: QueueWorker;

/** A worker with two slots whose ports do as told, and otherwise remember. */
function start(
  run: JobRunner['run'],
  ports: { admit?: JobAdmission['admit']; settle?: JobAdmission['settle']; tell?: JobEvents['onTransition'] },
  options: QueueWorkerOptions = {},
): void {
  const admission: JobAdmission = {
    admit: async (job) => (await ports.admit?.(job)) ?? ADMIT,
    async settle(job, outcome) {
      await ports.settle?.(job, outcome);
      settled.push(outcome);
    },
  };
  const events: JobEvents = {
    async onTransition(transition) {
      await ports.tell?.(transition);
      told.push(transition);
    },
  };
  const parts = { queue: test.queue, runners: new Map([['work', { run }]]), admission, events };
  worker = new QueueWorker(parts, {
    concurrency: 2,
    backoffMs: 1,
    recordBackoffMs: 5,
    drainMs: 50,
    ...options,
  });
  worker.start();
}

async function add(request: Partial<EnqueueRequest> = {}): Promise<string> {
  const reply = await test.queue.enqueue({ tenantId: 'acme', name: 'work', ...request });
  return (reply as Accepted).jobId;
}

const ended = (jobId: string) => test.queue.finished({ jobId, timeoutMs: 20_000 });

/** More jobs than slots: where one is lost, the last of them never ends. */
async function addAll(count = 6): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => add()));
}

beforeEach(async () => {
  test = await openTestQueue();
  [settled, told] = [[], []];
});
afterEach(async () => {
  await worker.stop();
  await test.close();
});

describe('a permanent fault', () => {
  it('of settling a success ends the job as dead with the reason, and gives its hold back', async () => {
    start(async (_, { report }) => report({ usage: 'nonsense' }), {
      settle: async (_, { usage }) => {
        if (usage === 'nonsense') throw PERMANENT;
      },
    });
    for (const jobId of await addAll()) {
      expect(await ended(jobId)).toMatchObject({
        state: 'dead',
        attempts: 1,
        error: { message: 'Its end could not be recorded: it never fits', code: 'refused' },
      });
    }
    expect(settled).toHaveLength(6);
    expect(settled[0]).toMatchObject({ state: 'dead', usage: undefined });
    expect(told.filter(({ to }) => to === 'dead')).toHaveLength(6);
  });

  it('of journaling an end ends the job as dead; what it spent is settled', async () => {
    start(async (_, { report }) => report({ usage: 7 }), {
      tell: async ({ to }) => {
        if (to === 'succeeded') throw PERMANENT;
      },
    });
    for (const jobId of await addAll()) expect(await ended(jobId)).toMatchObject({ state: 'dead' });
    expect(settled[0]).toMatchObject({ state: 'succeeded', usage: 7 });
    expect(settled[1]).toMatchObject({ usage: 7 });
    expect(told.filter(({ to }) => to === 'dead')).toHaveLength(6);
  });

  it.each<[string, JobRunner['run']]>([
    ['succeeded', async () => 'ok'],
    ['failed', async () => Promise.reject(new Error('broke'))],
  ])('of every port frees the slot of a run that %s, and the job is dead in the queue', async (_, run) => {
    start(run, {
      settle: async () => Promise.reject(PERMANENT),
      tell: async () => Promise.reject(PERMANENT),
    });
    for (const jobId of await addAll()) {
      expect(await ended(jobId)).toMatchObject({ state: 'dead', error: { code: 'refused' } });
    }
  });

  it('of journaling expiry ends the job', async () => {
    const jobId = await add({ ttlMs: 1 });
    while ((await test.queue.get({ jobId, tenantId: 'acme' }))!.createdAtMs + 1 >= Date.now());
    start(async () => 'ok', { tell: async () => Promise.reject(PERMANENT) });
    expect(await ended(jobId)).toMatchObject({ state: 'dead', error: { code: 'refused' } });
  });

  it('of admission ends the job as dead before it runs, and the line goes on', async () => {
    let runs = 0;
    let asked = 0;
    start(async () => void (runs += 1), {
      admit: async () => {
        if ((asked += 1) === 1) throw PERMANENT;
        return ADMIT;
      },
    });
    const [first, second] = [await add(), await add()];
    expect(await ended(first)).toMatchObject({
      state: 'dead',
      error: { message: 'it never fits', code: 'refused' },
    });
    expect(await ended(second)).toMatchObject({ state: 'succeeded' });
    expect(runs).toBe(1);
    expect(told).toContainEqual(expect.objectContaining({ from: 'waiting', to: 'dead' }));
  });
});

describe('a job that is never admitted', () => {
  it('ends as dead with that reason, the line goes on, and it runs when it is requeued and admitted', async () => {
    let isLow = true;
    start(async () => 'ok', {
      admit: async ({ cost }) =>
        isLow && cost > 1 ? { admitted: false, never: { message: 'too dear', code: 'too_dear' } } : ADMIT,
    });
    const [dear, cheap] = [await add({ cost: 9 }), await add()];
    expect(await ended(dear)).toMatchObject({ state: 'dead', error: { code: 'too_dear' } });
    expect(await ended(cheap)).toMatchObject({ state: 'succeeded' });
    expect(settled).toHaveLength(1);
    isLow = false;
    expect(await test.queue.requeueDead({ tenantId: 'acme', jobId: dear })).toBe(1);
    expect(await ended(dear)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });
});

describe('a transient fault', () => {
  it('of recording is repeated until it is over, and the job runs once', async () => {
    let runs = 0;
    let away = 8; // More than an unknown fault is tried.
    start(async () => void (runs += 1), {
      settle: async () => {
        if (away-- > 0) throw new TransientError('away');
      },
    });
    expect(await ended(await add())).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(runs).toBe(1);
  });

  it('of admission spends no attempt', async () => {
    let away = 5;
    start(async () => 'ok', {
      admit: async () => {
        if (away-- > 0) throw new TransientError('away');
        return ADMIT;
      },
    });
    expect(await ended(await add({ maxAttempts: 1 }))).toMatchObject({ state: 'succeeded', attempts: 1 });
  });
});

describe('an unknown fault', () => {
  it('is tried a few times, then taken for permanent', async () => {
    let tries = 0;
    start(async () => 'ok', {
      settle: async (_, { state }) => {
        if (state === 'succeeded') tries += 1;
        if (state === 'succeeded') throw new Error('what is this');
      },
    });
    expect(await ended(await add())).toMatchObject({
      state: 'dead',
      error: { message: 'Its end could not be recorded: what is this', code: 'unrecordable' },
    });
    expect(tries).toBe(5);
  });
});

describe('a port that hangs', () => {
  it.each<[string, Parameters<typeof start>[1]]>([
    ['admit', { admit: hang }],
    ['settle', { settle: hang }],
    ['tell', { tell: hang }],
  ])('%s shows as a stuck run until it answers', async (_, ports) => {
    const broken = { ...ports };
    start(async () => 'ok', broken, { leaseMs: 60, safetyNetMs: 20 });
    const jobId = await add();
    while (worker.stuckRuns(60).length === 0 && broken.admit === undefined)
      await new Promise((resolve) => setTimeout(resolve, 5));
    for (const port of Object.keys(broken)) delete broken[port as keyof typeof broken];
    expect(await ended(jobId)).toMatchObject({ state: 'succeeded' });
    while (worker.running > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(worker.stuckRuns(60)).toEqual([]);
  });
});

describe('a handler', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a cyclic object', cyclic],
    ['an object without a prototype', Object.create(null)],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['a huge message', new Error('x'.repeat(20_000_000))],
    ['NUL and half a pair', new Error('\0\ud83d')],
    ['an error whose message throws', Object.defineProperty(new Error(), 'message', { get: hang })],
  ])('may throw %s: the job ends as dead with what could be kept', async (_, thrown) => {
    start(async () => {
      throw thrown;
    }, {});
    const view = await ended(await add({ maxAttempts: 1 }));
    expect(view).toMatchObject({ state: 'dead' });
    expect(view?.error?.message).toEqual(expect.any(String));
    expect(view?.error?.message).not.toMatch(/\0|\p{Surrogate}/u);
  });

  it.each<[string, unknown, 'dead' | 'succeeded', unknown]>([
    ['a function', () => 1, 'dead', undefined],
    ['a symbol', Symbol('s'), 'dead', undefined],
    ['a big number', 1n, 'dead', undefined],
    ['a cyclic object', cyclic, 'dead', undefined],
    ['NUL and half a pair', 'a\0\ud83d', 'succeeded', 'a\uFFFD\uFFFD'],
    ['the same deep down', { '\0': ['\ud83d', undefined] }, 'succeeded', { '\uFFFD': ['\uFFFD', null] }],
    ['a date', { at: new Date(0) }, 'succeeded', { at: '1970-01-01T00:00:00.000Z' }],
    ['more than the queue keeps', 'x'.repeat(100_000), 'succeeded', 'x'.repeat(100_000)],
  ])('may return %s: the journal hears only what can be kept', async (_, value, state, result) => {
    start(async () => value as never, {});
    expect(await ended(await add({ maxAttempts: 1 }))).toMatchObject({ state });
    expect(told.at(-1)).toMatchObject({ to: state });
    expect(told.at(-1)?.result).toEqual(result);
  });
});
