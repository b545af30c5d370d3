import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Advice, say, step } from './log.mjs';
import { inProject } from './paths.mjs';
import { locked } from './lock.mjs';
import { isAlive, terminate, untilGone } from './processes.mjs';

/** How long the helper of a former run, killed with -9, may take to stop that run's servers. */
const STOPPING_MS = 30_000;

/** Where a server keeps its data: FAIRSHARE_DATA_DIR, or `.fairshare/` in the project. */
export function dataFolder(env = process.env) {
  return env.FAIRSHARE_DATA_DIR ? resolve(env.FAIRSHARE_DATA_DIR) : inProject('.fairshare');
}

/** Creates the folder; its secrets are files that only we can read. */
export function openDataFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    // Started by root, the database runs as another user, who must get through to its part.
    if (process.getuid?.() === 0) chmodSync(folder, 0o711);
  } catch (error) {
    throw new Advice(
      `${folder} cannot be written (${error.code}). Set FAIRSHARE_DATA_DIR to a folder of your own.`,
    );
  }
}

/** A secret that is made once, and kept in a file only we can read. */
export function keptSecret(path) {
  if (existsSync(path)) {
    const kept = readFileSync(path, 'utf8').trim();
    if (kept) return kept;
  }
  const secret = randomBytes(24).toString('hex');
  writeFileSync(`${path}.new`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return secret;
}

/** The server that runs on this folder now: {url, adminKeyFile, pid}; undefined where none does. */
export function runningServer(folder = dataFolder()) {
  const record = readRecord(folder);
  if (!record?.url || !isAlive(record.starter)) return undefined;
  return { url: record.url, adminKeyFile: record.adminKeyFile, pid: record.starter.pid };
}

/**
 * Makes this process the only user of the folder. Refuses while another one lives; what a killed one left running is
 * stopped first. Every process is known by its id and by a part of its command line.
 */
export async function takeOver(folder, starter) {
  await locked(join(folder, 'start.lock'), async () => {
    const former = readRecord(folder);
    if (former && isAlive(former.starter)) {
      const where = former.url ? ` at ${former.url}` : '';
      throw new Advice(`Fairshare runs already${where} (process ${former.starter.pid}) on ${folder}.`);
    }
    if (former) await stopLeftovers(former);
    writeRecord(folder, { starter });
  });
}

/** Notes what runs now, for a start after this process was killed. */
export function noteRunning(folder, changes) {
  writeRecord(folder, { ...readRecord(folder), ...changes });
}

/** Forgets the processes: they have all ended. */
export function release(folder) {
  rmSync(recordPath(folder), { force: true });
}

async function stopLeftovers({ supervisor, processes = {} }) {
  if (supervisor && isAlive(supervisor)) {
    say('a former run was killed: its servers are being stopped');
    await step('waiting for the servers of the former run', () => untilGone(supervisor, STOPPING_MS));
  }
  await stopProcesses(processes);
}

/** Ends those of the processes that still live, newest first. */
export async function stopProcesses(processes) {
  for (const [name, target] of Object.entries(processes).reverse()) {
    if (!isAlive(target)) continue;
    say(`stopping ${name} (process ${target.pid}), which was left behind`);
    await terminate(target, target.stopSignals ?? ['SIGTERM']);
  }
}

function readRecord(folder) {
  try {
    return JSON.parse(readFileSync(recordPath(folder), 'utf8'));
  } catch {
    return undefined;
  }
}

function writeRecord(folder, record) {
  const path = recordPath(folder);
  writeFileSync(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function recordPath(folder) {
  return join(folder, 'running.json');
}
