/**
 * Runs for long what the tests run briefly: a million random operations on the scripts with the model as oracle, then a
 * thousand kills of real workers.
 *   node scripts/soak-queue.mjs [--operations 1000000] [--kills 1000] [--seed N]
 * It starts a Redis server of its own unless FAIRSHARE_TEST_REDIS_URL names one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const operations = option('operations', 1_000_000);
const kills = option('kills', 1_000);
const seed = option('seed', Math.floor(Math.random() * 2 ** 31));

const dir = mkdtempSync(join(tmpdir(), 'fairshare-soak-'));
let server;
try {
  const url = process.env.FAIRSHARE_TEST_REDIS_URL ?? (await startRedis());
  console.log(`seed ${seed}`);
  if (operations > 0) await playOperations(url);
  if (kills > 0) await run(url, ['libs/queue/crash/crash.mjs', '--kills', String(kills)]);
} finally {
  server?.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}

async function playOperations(url) {
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.mjs'];
  const env = { FAIRSHARE_TEST_SEED: String(seed), FAIRSHARE_TEST_OPERATIONS: String(operations) };
  await run(url, [...jest, '--testTimeout', '7200000', 'libs/queue/src/store/oracle.spec.ts'], env);
}

async function run(url, args, env = {}) {
  const child = spawn(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, FAIRSHARE_TEST_REDIS_URL: url, ...env },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exitCode = 1;
}

async function startRedis() {
  const socket = join(dir, 'redis.sock');
  server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', dir], {
    stdio: 'ignore',
  });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  return `unix://${socket}`;
}
