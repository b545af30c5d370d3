#!/usr/bin/env node
// A burst of one tenant against a running server, its quiet neighbour beside it, then the emergency increase.
import { existsSync, readFileSync } from 'node:fs';
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { createDemoClient } from './lib/demo-client.mjs';
import { dataFolder, runningServer } from './lib/data-folder.mjs';
import { complain, say, step } from './lib/log.mjs';
import { wholeNumber } from './lib/options.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { readSettings } from './lib/settings.mjs';

const HELP = `npm run demo [-- options]

Sends 250 queries of tenant_test (free: 100 an hour, 100 in the queue) from 50 workers while tenant_123 asks quietly,
then raises tenant_test to pro with one call and watches its queue drain. Uses the running server, or starts one.

  --url URL        server to use; ADMIN_API_KEY must then be set (default: the one that npm start runs)
  --processes N    send the burst from N processes at once (default 1)
  --help           this text`;

const BURST = 250;
const WORKERS = 50;
const EXPECTED = { 200: 100, 202: 100, 429: 50 };
const NOISY = 'tenant_test';
const QUIET = 'tenant_123';
const QUIET_ALONE = 40;
const HOUR_MARGIN_MS = 20_000;
const DRAIN_DEADLINE_MS = 60_000;

if (process.send && process.argv[2] === 'burst') {
  const [, , , url, first, count, workers] = process.argv;
  process.send(await burst(await createDemoClient(url), Number(first), Number(count), Number(workers)));
  process.disconnect();
} else {
  process.exitCode = await main().catch((error) => {
    complain(error);
    return 1;
  });
}

async function main() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      processes: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(HELP);
    return 0;
  }
  const processes = wholeNumber(values, 'processes');
  if (processes > 16) throw new Error(`--processes must be at most 16, got ${processes}`);
  const server = await findServer(values.url);
  try {
    return await play(await createDemoClient(server.url, server.adminKey), server.url, processes);
  } finally {
    await server.stop?.();
  }
}

async function findServer(url) {
  readSettings();
  if (url) {
    if (!process.env.ADMIN_API_KEY) throw new Error('With --url, ADMIN_API_KEY must be set');
    return { url, adminKey: process.env.ADMIN_API_KEY };
  }
  const running = runningServer();
  if (running?.url && existsSync(running.adminKeyFile)) {
    return { url: running.url, adminKey: readFileSync(running.adminKeyFile, 'utf8').trim() };
  }
  await ensurePackages();
  const { startFairshare } = await import('./lib/fairshare.mjs');
  return startFairshare({ logFile: `${dataFolder()}/demo.log` });
}

async function play(client, url, processes) {
  await step('tenant_test back to free, its queue and counters empty', () => reset(client));
  await awayFromTheHour(client);
  const alone = [];
  await step(`${QUIET} alone: ${QUIET_ALONE} queries`, async () => {
    for (let n = 0; n < QUIET_ALONE; n++) alone.push(await client.query(QUIET, `Quiet alone ${n}`));
  });

  const quiet = { stop: false, answers: [] };
  const neighbour = askQuietly(client, quiet);
  const live = watch(client);
  const answers = await sendBurst(client, url, processes);
  quiet.stop = true;
  await neighbour;
  live.end();

  const jobs = answers
    .filter(({ status }) => status === 202)
    .sort((a, b) => a.body.position - b.body.position);
  const raisedAt = Date.now();
  await step(`one call: ${NOISY} becomes pro`, () => client.update({ tenant_id: NOISY, tier: 'pro' }));
  const finished = await step(`its ${jobs.length} queued queries run`, () => drain(client, jobs));
  const drainedMs = Date.now() - raisedAt;
  await client.update({ tenant_id: NOISY, tier: 'free' });
  return report({ answers, alone, quiet: quiet.answers, finished, drainedMs });
}

async function reset(client) {
  await client.update({ tenant_id: NOISY, tier: 'free' });
  await client.purge(NOISY);
  await client.reset(NOISY);
  await client.reset(QUIET);
}

/** The hour's window must not turn within the burst, or more than 100 would rightly be admitted. */
async function awayFromTheHour(client) {
  await client.query(QUIET, 'Which hour is it?');
  const { limits } = await client.status(QUIET);
  const leftMs = Date.parse(limits.find(({ name }) => name === 'queries_hourly').resets_at) - Date.now();
  if (leftMs > HOUR_MARGIN_MS) return;
  await step(
    `the hour turns in ${Math.ceil(leftMs / 1000)} s: waiting for it`,
    () => new Promise((resolve) => setTimeout(resolve, leftMs + 500)),
  );
}

async function askQuietly(client, quiet) {
  for (let n = 0; !quiet.stop; n++)
    quiet.answers.push(await client.query(QUIET, `Quiet beside the burst ${n}`));
}

async function sendBurst(client, url, processes) {
  if (processes === 1) return burst(client, 0, BURST, WORKERS);
  const share = (n, whole) => Math.floor(((n + 1) * whole) / processes) - Math.floor((n * whole) / processes);
  const parts = Array.from({ length: processes }, (_, n) => {
    const first = Math.floor((n * BURST) / processes);
    const workers = Math.max(1, share(n, WORKERS));
    return new Promise((resolve, reject) => {
      const child = fork(process.argv[1], [
        'burst',
        url,
        String(first),
        String(share(n, BURST)),
        String(workers),
      ]);
      child.once('message', resolve);
      child.once('error', reject);
      child.once('exit', (code) => code && reject(new Error(`a burst process ended with ${code}`)));
    });
  });
  return (await Promise.all(parts)).flat();
}

async function burst(client, first, count, workers) {
  const answers = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const n = first + next++;
      answers.push(await client.query(NOISY, `Burst query ${n}`));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return answers;
}

/** One line that follows the queue while the burst runs. */
function watch(client) {
  const show = async () => {
    const stats = await client.line(NOISY).catch(() => undefined);
    if (stats)
      process.stdout.write(`\r  queue: ${stats.tenant.waiting} waiting, ${stats.running} running   `);
  };
  const timer = process.stdout.isTTY ? setInterval(() => void show(), 100) : undefined;
  return {
    end() {
      clearInterval(timer);
      if (timer) process.stdout.write('\n');
    },
  };
}

/** Follows every job to its end, in the order in which they were accepted. */
async function drain(client, jobs) {
  const deadline = Date.now() + DRAIN_DEADLINE_MS;
  const finished = [];
  for (const { body } of jobs) {
    let job = await client.job(NOISY, body.job_id);
    while (!job.finished_at && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      job = await client.job(NOISY, body.job_id);
    }
    finished.push(job);
  }
  return finished;
}

function report({ answers, alone, quiet, finished, drainedMs }) {
  const counts = { 200: 0, 202: 0, 429: 0 };
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  const succeeded = finished.filter(({ state }) => state === 'succeeded').length;
  const inOrder = isInOrder(finished);
  const quietRefused = quiet.filter(({ status }) => status !== 200).length;
  const row = (name, list) => {
    const times = list.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (part) =>
      `${Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0)} ms`;
    say(
      `  ${name.padEnd(34)} ${String(list.length).padStart(5)}   p50 ${at(0.5).padStart(7)}   p95 ${at(0.95).padStart(7)}`,
    );
  };
  say('');
  row(
    `${NOISY}: answered (200)`,
    answers.filter(({ status }) => status === 200),
  );
  row(
    `${NOISY}: queued (202)`,
    answers.filter(({ status }) => status === 202),
  );
  row(
    `${NOISY}: refused (429)`,
    answers.filter(({ status }) => status === 429),
  );
  row(`${QUIET}: alone`, alone);
  row(`${QUIET}: beside the burst`, quiet);
  say(
    `  queue drained after the increase      ${succeeded} of ${finished.length} in ${(drainedMs / 1000).toFixed(1)} s, ${inOrder ? 'in order' : 'NOT in order'}`,
  );
  say('');
  const problems = [];
  for (const [status, count] of Object.entries(counts)) {
    if (count !== (EXPECTED[status] ?? 0))
      problems.push(`${count} answers ${status} instead of ${EXPECTED[status] ?? 0}`);
  }
  if (quietRefused > 0) problems.push(`${quietRefused} of the quiet tenant's queries did not succeed`);
  if (succeeded !== finished.length)
    problems.push(`${finished.length - succeeded} queued queries did not succeed`);
  if (!inOrder) problems.push('the queue did not drain in order');
  say(
    problems.length === 0
      ? 'As its tier says: 100 answered, 100 queued, 50 refused.'
      : `NOT as expected: ${problems.join('; ')}`,
  );
  return problems.length === 0 ? 0 : 1;
}

/** Several jobs run at once, so that a job may start up to that many places from its place in line, and no further. */
function isInOrder(jobs) {
  const AT_ONCE = 8; // WORKER_CONCURRENCY's default
  return jobs
    .map(({ started_at: startedAt }, place) => ({ place, at: Date.parse(startedAt ?? '') }))
    .sort((a, b) => a.at - b.at || a.place - b.place)
    .every(({ place, at }, rank) => Number.isFinite(at) && Math.abs(place - rank) <= AT_ONCE);
}
