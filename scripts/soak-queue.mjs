import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { say } from './lib/log.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { inProject } from './lib/paths.mjs';
import { wholeNumber } from './lib/options.mjs';
import { anySeed, soakCommand } from './lib/soak.mjs';
import { startTemporaryRedis } from './lib/temporary-redis.mjs';

const HELP = `npm run soak:queue [-- options]

A million random operations on the scripts of the queue with the model as oracle, as many on the promise that tenants are
served evenly, then a thousand kills of real workers; on a private Redis. It works in slices and keeps how far it is in
.fairshare/soak-queue.json: after --minutes, or an interruption, the same command goes on. A failure prints its seed.

  --operations N   default 1000000
  --kills N        default 1000
  --seed N         default: any, or that of the soak to go on with
  --minutes N      end after so long
  --help           this text`;

const OPERATIONS_A_SLICE = 100_000;
const KILLS_A_SLICE = 50;
/** Slices differ in their seeds by more than a slice uses. */
const SEEDS_A_SLICE = 1_000;
const PROGRESS = inProject('.fairshare', 'soak-queue.json');

const goal = { operations: 0, kills: 0 };
let endsAt = Infinity;
let progress;

await soakCommand(
  HELP,
  {
    operations: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
  },
  async (values) => {
    goal.operations = wholeNumber(values, 'operations', 0);
    goal.kills = wholeNumber(values, 'kills', 0);
    if (values.minutes !== undefined) endsAt = Date.now() + wholeNumber(values, 'minutes') * 60_000;
    progress = readProgress(values.seed === undefined ? undefined : wholeNumber(values, 'seed', 0));
    await ensurePackages();
    const redis = await startTemporaryRedis('soak');
    try {
      say(`seed ${progress.seed}: ${standing()}`);
      await soak(redis.url);
      return 0;
    } finally {
      await redis.stop();
    }
  },
);

async function soak(url) {
  while (progress.operations < goal.operations || progress.kills < goal.kills) {
    if (Date.now() >= endsAt) return say(`time is over; the same command goes on from here (${standing()})`);
    if (progress.operations < goal.operations) await playSlice(url);
    else await killSlice(url);
    writeFileSync(PROGRESS, JSON.stringify(progress));
    say(`${new Date().toISOString()} ${standing()}`);
  }
  rmSync(PROGRESS, { force: true });
  const { seed, operations, kills, accepted } = progress;
  const found = 'nothing lost, ended twice or leaked, no answer wrong, no tenant served beyond the bound';
  say(`done: seed ${seed}, ${operations} operations, ${kills} kills among ${accepted} jobs: ${found}`);
}

async function playSlice(url) {
  const operations = Math.min(OPERATIONS_A_SLICE, goal.operations - progress.operations);
  const seed = progress.seed + SEEDS_A_SLICE * progress.slices;
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.mjs'];
  const specs = ['libs/queue/src/store/oracle.spec.ts', 'libs/queue/src/store/fair-bound.spec.ts'];
  const env = { FAIRSHARE_TEST_SEED: String(seed), FAIRSHARE_TEST_OPERATIONS: String(operations) };
  const { code, text } = await run(url, [...jest, '--runInBand', ...specs], env);
  if (code !== 0) throw new Error(`seed ${seed}\n${text}`);
  progress.slices += 1;
  progress.operations += operations;
}

async function killSlice(url) {
  const kills = Math.min(KILLS_A_SLICE, goal.kills - progress.kills);
  const { code, text } = await run(url, ['libs/queue/crash/crash.mjs', '--kills', String(kills)]);
  if (code !== 0) throw new Error(text);
  progress.kills += kills;
  progress.accepted += JSON.parse(text.slice(text.indexOf('{'))).accepted;
}

async function run(url, args, env = {}) {
  const child = spawn(process.execPath, args, {
    cwd: inProject(),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FAIRSHARE_TEST_REDIS_URL: url, ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  return { code, text };
}

function standing() {
  return `${progress.operations} of ${goal.operations} operations, ${progress.kills} of ${goal.kills} kills`;
}

/** Goes on with what was interrupted, unless another seed is asked for. */
function readProgress(seed) {
  mkdirSync(inProject('.fairshare'), { recursive: true });
  const kept = existsSync(PROGRESS) ? JSON.parse(readFileSync(PROGRESS, 'utf8')) : undefined;
  if (kept && (seed === undefined || seed === kept.seed)) return kept;
  const fresh = seed ?? anySeed();
  return { seed: fresh, slices: 0, operations: 0, kills: 0, accepted: 0 };
}
