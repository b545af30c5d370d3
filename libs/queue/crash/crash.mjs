/**
 * Kills real workers (kill -9) at random moments while they work, and says what became of every job:
 *   FAIRSHARE_TEST_REDIS_URL=… node libs/queue/crash/crash.mjs --kills 50
 * Prints one line of JSON; exits with 1 where a job was lost or ended twice, or a slot leaked.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transpile } from './transpile.mjs';

const WORKERS = 4;
const LEASE_MS = 400;
const JOBS_PER_KILL = 20;
const TENANTS = 10;

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');
const kills = Number(process.argv[process.argv.indexOf('--kills') + 1] ?? 50);
const url = process.env.FAIRSHARE_TEST_REDIS_URL;
if (!url || !Number.isSafeInteger(kills) || kills < 1) {
  console.error('Usage: FAIRSHARE_TEST_REDIS_URL=… node libs/queue/crash/crash.mjs --kills 50');
  process.exit(2);
}

mkdirSync(join(root, '.fairshare'), { recursive: true });
const code = mkdtempSync(join(root, '.fairshare', 'crash-'));
try {
  transpile(root, code);
  const report = await crash();
  console.log(JSON.stringify(report));
  process.exitCode = report.lost + report.endedTwice + report.dead + report.leakedSlots === 0 ? 0 : 1;
} finally {
  rmSync(code, { recursive: true, force: true });
}

async function crash() {
  const load = (path) => import(pathToFileURL(join(code, 'libs', path)).href);
  const { closeRedis, connectRedis, redisReady } = await load('redis/src/redis-connection.js');
  const { FairQueue } = await load('queue/src/fair-queue.js');
  const name = `crash-${randomUUID().slice(0, 8)}`;
  const redis = connectRedis({ url });
  await redisReady(redis, 10_000);
  const ears = redis.duplicate({ enableOfflineQueue: true, commandTimeout: undefined });
  const queue = new FairQueue(redis, {
    name,
    maxTotalJobs: 1_000_000,
    maxTenantJobs: 1_000_000,
    keepEndedMs: 0,
  });
  const ends = new Map();
  let dead = 0;
  ears.on('message', (_channel, message) => {
    for (const ended of JSON.parse(message)) {
      if (ended[0] !== 's') dead += 1;
      ends.set(ended.slice(1), (ends.get(ended.slice(1)) ?? 0) + 1);
    }
  });
  await ears.subscribe(queue.shards[0].ends);

  const workers = await Promise.all(Array.from({ length: WORKERS }, () => startWorker(name)));
  let accepted = 0;
  const enqueue = async () => {
    const replies = await queue.enqueueMany(
      Array.from({ length: JOBS_PER_KILL }, (_, index) => ({
        tenantId: `tenant-${index % TENANTS}`,
        name: 'work',
        payload: { ms: Math.floor(Math.random() * 20) },
        cost: 1 + (index % 5),
        maxAttempts: 1_000,
      })),
    );
    accepted += replies.filter((reply) => reply.accepted).length;
  };

  const started = performance.now();
  for (let kill = 0; kill < kills; kill++) {
    await enqueue();
    await pause(Math.random() * 60);
    const victim = Math.floor(Math.random() * WORKERS);
    const gone = new Promise((resolve) => workers[victim].once('exit', resolve));
    workers[victim].kill('SIGKILL');
    await gone;
    workers[victim] = await startWorker(name);
  }
  const killedFor = performance.now() - started;
  const deadline = performance.now() + 30_000 + kills * 50;
  while (ends.size < accepted && performance.now() < deadline) await pause(20);
  await pause(LEASE_MS);

  const stats = await queue.stats();
  const [leases, aside] = await Promise.all([
    redis.zcard(queue.shards[0].keys.leases),
    redis.zcard(queue.shards[0].keys.aside),
  ]);
  await Promise.all(
    workers.map((worker) => {
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      worker.kill('SIGKILL');
      return gone;
    }),
  );
  await redis.del(...Object.values(queue.shards[0].keys));
  ears.disconnect();
  await queue.close();
  await closeRedis(redis);
  return {
    kills,
    accepted,
    lost: accepted - ends.size,
    endedTwice: [...ends.values()].filter((count) => count > 1).length,
    dead,
    leakedSlots: leases + aside + stats.waiting + stats.delayed,
    killedForMs: Math.round(killedFor),
  };
}

async function startWorker(name) {
  const worker = fork(join(here, 'worker-process.mjs'), [code, url, name, String(LEASE_MS)], {
    stdio: 'inherit',
  });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('exit', (exit) => reject(new Error(`A worker ended with ${exit} before it was ready`)));
  });
  worker.removeAllListeners('exit');
  return worker;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
