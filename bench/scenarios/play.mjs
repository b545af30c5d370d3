import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { FairQueue } from 'fairshare/queue';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { costOf, SECONDS_PER_TOKEN } from '../simulate/token-pool.mjs';
import { nowMs } from './clock.mjs';
import { startWorkers } from './workers.mjs';

/** Time for the first timer, so that no request is late from the start. */
const HEAD_START_MS = 50;

/**
 * Sends the arrivals to a queue on Redis, `compression` times faster than their times say, and lets worker processes
 * serve them. `tenantOf(client)` says in whose line a client's jobs stand: all in one is one line for all. Gives the jobs
 * as the simulation does, {client, cost, atS, startS, endS}, in the time of the scenario.
 */
export async function play(arrivals, { url, seconds, compression, tenantOf, weightOf }) {
  const redis = connectRedis({ url, commandTimeoutMs: 10_000 });
  await redisReady(redis, 5_000);
  const name = `scenario-${randomUUID().slice(0, 8)}`;
  const queue = new FairQueue(redis, { name, maxTotalJobs: 1_000_000, maxTenantJobs: 1_000_000 });
  try {
    const workers = await startWorkers(url, name);
    const runMsOf = ({ output }) => (output * SECONDS_PER_TOKEN * 1_000) / compression;
    const startedMs = nowMs() + HEAD_START_MS;
    const sentMs = await send(queue, arrivals, {
      dueMs: ({ atS }) => startedMs + (atS * 1_000) / compression,
      jobOf: (arrival, n) => ({
        tenantId: tenantOf(arrival.client),
        name: 'work',
        payload: { n, runMs: runMsOf(arrival) },
        cost: costOf(arrival),
        weight: weightOf(arrival.client),
      }),
    });
    await pause(Math.max(0, startedMs + (seconds * 1_000) / compression - nowMs()));
    const runs = await workers.stop();

    const inScenario = (ms) => ((ms - startedMs) / 1_000) * compression;
    const jobs = arrivals.map((arrival, n) => ({
      client: arrival.client,
      cost: costOf(arrival),
      atS: inScenario(sentMs[n]),
    }));
    for (const [n, startMs, endMs] of runs) {
      if (jobs[n].startS !== undefined) throw new Error(`request ${n} was run twice`);
      jobs[n].startS = inScenario(startMs);
      jobs[n].endS = inScenario(endMs ?? startMs + runMsOf(arrivals[n]));
    }
    return jobs;
  } finally {
    await queue.close();
    await closeRedis(redis);
  }
}

/** Enqueues each arrival when it is due; gives the times. What is due at once goes in one call. */
async function send(queue, arrivals, { dueMs, jobOf }) {
  const sentMs = [];
  const replies = [];
  while (sentMs.length < arrivals.length) {
    const first = sentMs.length;
    await pause(Math.max(0, dueMs(arrivals[first]) - nowMs()));
    const now = nowMs();
    let end = first + 1;
    while (end < arrivals.length && dueMs(arrivals[end]) <= now) end++;
    for (let n = first; n < end; n++) sentMs.push(now);
    replies.push(
      queue.enqueueMany(arrivals.slice(first, end).map((arrival, index) => jobOf(arrival, first + index))),
    );
  }
  const refused = (await Promise.all(replies)).flat().find(({ accepted }) => !accepted);
  if (refused) throw new Error(`a request was refused: ${refused.code}`);
  return sentMs;
}
