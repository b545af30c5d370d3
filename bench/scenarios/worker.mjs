// A worker process of npm run scenarios: <redis url> <queue> <slots>. Runs jobs until it is told to stop, then tells when
// each of them started and ended: [[n, startMs, endMs or null]].
import { setTimeout as pause } from 'node:timers/promises';
import { FairQueue, QueueWorker } from 'fairshare/queue';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { nowMs } from './clock.mjs';

const [url, name, slots] = process.argv.slice(2);
process.once('disconnect', () => process.exit(1)); // whoever started it is gone
const runs = [];
const redis = connectRedis({ url, commandTimeoutMs: 10_000 });
await redisReady(redis, 5_000);
const queue = new FairQueue(redis, { name, keepEndedMs: 0 });
const worker = new QueueWorker(
  { queue, runners: new Map([['work', { run }]]), onError: (error) => console.error(error) },
  { concurrency: Number(slots), drainMs: 0 },
);
worker.start();
process.once('message', () => void end());
process.send('ready');

async function run({ payload: { n, runMs } }, { signal }) {
  const record = [n, nowMs(), null];
  runs.push(record);
  await pause(runMs, undefined, { signal });
  record[2] = nowMs();
}

async function end() {
  const found = structuredClone(runs);
  await worker.stop();
  await queue.close();
  await closeRedis(redis);
  process.removeAllListeners('disconnect');
  process.send(found, () => process.disconnect());
}
