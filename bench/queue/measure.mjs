import { quantile } from '../lib/figures.mjs';
import { commandStats, info } from '../lib/redis-info.mjs';

const IN_FLIGHT = 256;
/** Longest that a contestant may take for one round. */
const DEADLINE_MS = 60_000;

/** Enqueues, then processes, then both at once. Rates are jobs per second; `usec` is Redis' own time for a job. */
export async function measureRates(redis, { add, work }, { jobs, tenants }) {
  await redis.config('RESETSTAT');
  const before = (await info(redis, 'memory')).used_memory;
  const enqueue = await rate(jobs, () => addAll(add, jobs, tenants));
  const bytes = ((await info(redis, 'memory')).used_memory - before) / jobs;
  const process = await rate(jobs, () => drain(work, jobs));
  const usec =
    ((await commandStats(redis, 'evalsha')).usec + (await commandStats(redis, 'eval')).usec) / jobs;
  const both = await rate(jobs, () => drain(work, jobs, () => addAll(add, jobs, tenants)));
  return { enqueue, process, both, bytes, usec };
}

/** From the call of `add` to the start of the handler of a worker that has nothing to do, in ms: {p50, p99}. */
export async function measureWake({ add, work }, { samples }) {
  let started;
  const stop = await work(() => started?.(performance.now()));
  const times = [];
  for (let n = 0; n < samples + 20; n++) {
    const handled = new Promise((resolve) => (started = resolve));
    const addedAt = performance.now();
    await add(0, n);
    const time = (await handled) - addedAt;
    if (n >= 20) times.push(time);
    // The worker goes back to its waiting before the next one comes.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await stop();
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function rate(jobs, work) {
  const startedAt = performance.now();
  const endedAt = (await work()) ?? performance.now();
  return (jobs / (endedAt - startedAt)) * 1_000;
}

async function addAll(add, jobs, tenants) {
  let next = 0;
  const one = async () => {
    while (next < jobs) {
      const n = next++;
      await add(n % tenants, n);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}

/** Runs a worker until it has seen every job; gives the time at which it had. */
async function drain(work, jobs, meanwhile = async () => undefined) {
  let stop;
  let seen = 0;
  let timer;
  try {
    const all = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`only ${seen} of ${jobs} jobs ran in time`)), DEADLINE_MS);
      const onJob = () => {
        if (++seen === jobs) resolve(performance.now());
      };
      work(onJob).then((stopWork) => (stop = stopWork), reject);
    });
    const [endedAt] = await Promise.all([all, meanwhile()]);
    return endedAt;
  } finally {
    clearTimeout(timer);
    await stop?.();
  }
}
