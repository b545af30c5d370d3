// What `npm test` runs. Static imports are Node's own modules only: packages may not be installed yet.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { complain, say } from './lib/log.mjs';
import { onNpmGone } from './lib/npm-parent.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { inProject, root } from './lib/paths.mjs';

const HELP = `npm test [-- <pattern of spec files>] [-- <options of jest>]

Runs the tests on a private PostgreSQL and a private Redis, which end with it. Installs the packages first where they
are missing. A Redis or Valkey ≥ 7 on PATH is used; without one, Debian's and Ubuntu's packages are unpacked in .fairshare/
(FAIRSHARE_NO_INSTALL=1 forbids it). DATABASE_URL and REDIS_URL are not used.

  npm test                              everything
  npm test -- fair-queue                specs whose path contains fair-queue
  npm test -- hostile                   inputs that have stopped, emptied or fooled the service; ends with a table
  npm test -- -t 'spends nothing'       tests whose name matches

The last line is "N passed, N failed".`;

const args = process.argv.slice(2);

if (args.includes('--help') || args.includes('-h')) say(HELP);
else {
  try {
    process.exitCode = await test();
  } catch (error) {
    complain(error);
    say('0 passed, 1 failed');
    process.exitCode = 1;
  }
}

async function test() {
  await ensurePackages();
  const { ensureDatabaseClient } = await import('./lib/build.mjs');
  const { ensureRedisBinary } = await import('./lib/redis-server.mjs');
  await ensureDatabaseClient();
  await ensureRedisBinary();
  const folder = mkdtempSync(join(tmpdir(), 'fairshare-results-'));
  try {
    const countsFile = join(folder, 'counts.json');
    const triedFile = join(folder, 'tried.jsonl');
    const code = await jest(countsFile, triedFile);
    for (const line of triedTable(triedFile)) say(line);
    const counts = readCounts(countsFile);
    if (!counts && code === 0) return 0; // --listTests and the like run nothing
    const { passed, failed } = counts ?? { passed: 0, failed: 1 };
    say(`${passed} passed, ${failed} failed`);
    return code || (failed > 0 ? 1 : 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves with jest's exit code; Ctrl-C reaches jest as well, and we wait for it to stop its servers. */
function jest(countsFile, triedFile) {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const given = process.env.NODE_OPTIONS ? [process.env.NODE_OPTIONS] : [];
  const command = [
    inProject('node_modules', 'jest', 'bin', 'jest.js'),
    '--config',
    inProject('jest.config.mjs'),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...command, ...args], {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        NODE_OPTIONS: [...given, ...flags].join(' '),
        FAIRSHARE_TEST_COUNTS: countsFile,
        FAIRSHARE_TEST_TRIED: triedFile,
      },
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    onNpmGone(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** What the reporter counted; undefined where nothing was run. */
function readCounts(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** A line for each kind of hostile input, with the number of inputs that the run tried. */
function triedTable(path) {
  if (!existsSync(path)) return [];
  const sums = new Map();
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const { kind, inputs } = JSON.parse(line);
    sums.set(kind, (sums.get(kind) ?? 0) + inputs);
  }
  const width = Math.max(...[...sums.keys()].map((kind) => kind.length));
  const rows = [...sums].sort(([left], [right]) => (left < right ? -1 : 1));
  return [
    'Hostile inputs tried, by kind:',
    ...rows.map(([kind, inputs]) => `  ${kind.padEnd(width)}  ${inputs}`),
  ];
}
