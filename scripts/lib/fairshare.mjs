import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureBuild } from './build.mjs';
import {
  dataFolder,
  keptSecret,
  noteRunning,
  openDataFolder,
  release,
  stopProcesses,
  takeOver,
} from './data-folder.mjs';
import { Advice, say, step } from './log.mjs';
import { inProject, root } from './paths.mjs';
import { freePort, isPortFree } from './ports.mjs';
import { prepareDatabase } from './prepare-database.mjs';
import { untilReady } from './ready.mjs';
import { ensureRedisBinary } from './redis-server.mjs';
import { startPrivatePostgres, startPrivateRedis } from './servers.mjs';
import { createSupervisor } from './supervised.mjs';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8_000;
const PORTS_TRIED = 100;
const API = inProject('dist', 'apps', 'api', 'src', 'main.js');
/** How long the API may take to finish its requests and jobs when it is told to stop. */
const API_GRACE_MS = 20_000;
const API_READY_MS = 60_000;
const GIVEN_ADMIN_KEY = 'admin-key-in-use';
const RESTARTS_AT_MOST = 5;

/**
 * Brings up everything that is missing and serves: packages must be installed. Resolves when the API answers.
 *
 * env       the settings; DATABASE_URL and REDIS_URL, where set, are used instead of private servers
 * onEnd     called with a reason if the API, or a private server for good, ends by itself; all else is then stopped
 * signal    aborts the start: what runs by then is stopped, and the promise rejects
 * logFile   where the API's output goes. Default: our own output
 *
 * Gives {url, adminKey, adminKeyFile, folder, stop}.
 */
export async function startFairshare({ env = process.env, onEnd = () => undefined, signal, logFile } = {}) {
  const folder = dataFolder(env);
  openDataFolder(folder);
  await checkPort(env);
  if (!env.REDIS_URL) await ensureRedisBinary(); // what only the user can mend comes first
  await takeOver(folder, { pid: process.pid, marker: basename(process.argv[1] ?? process.execPath) });
  const crew = createCrew(folder, onEnd);
  const abort = () => void crew.stop();
  signal?.addEventListener('abort', abort);
  try {
    signal?.throwIfAborted();
    const [, servers] = await Promise.all([ensureBuild(), prepareServers({ crew, folder, env })]);
    await prepareDatabase({
      ownerUrl: servers.ownerUrl,
      runtimeUrl: servers.DATABASE_URL,
      demo: !env.DATABASE_URL,
    });
    const { adminKey, adminKeyFile } = prepareAdminKey(folder, env);
    const url = await startApi({
      crew,
      folder,
      env: {
        ...env,
        DATABASE_URL: servers.DATABASE_URL,
        REDIS_URL: servers.REDIS_URL,
        MIGRATION_DATABASE_URL: '', // the service needs no more than its own role
        ADMIN_API_KEY: adminKey,
      },
      logFile,
    });
    signal?.throwIfAborted();
    crew.watch();
    noteRunning(folder, { url, adminKeyFile });
    return { url, adminKey, adminKeyFile, folder, stop: crew.stop };
  } catch (error) {
    await crew.stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** The processes that belong to one run; private servers that die are started again on the same port. */
function createCrew(folder, onEnd) {
  const restarts = new Map();
  const processes = {};
  let watching = false;

  const supervisor = createSupervisor({
    label: folder,
    keepAlive: true,
    onExit: (exit) => void replace(exit),
    onGone: () => void fail('the process that runs the servers was killed'),
  });
  noteRunning(folder, { supervisor: { pid: supervisor.pid, marker: folder } });

  /** Starts a server, and says how to start it again. */
  async function add(name, start) {
    const server = await start({});
    note(name, server.process);
    restarts.set(name, { start: () => start({ port: server.port }), left: RESTARTS_AT_MOST });
    return server;
  }

  function note(name, process) {
    processes[name] = process;
    noteRunning(folder, { processes });
  }

  async function replace({ name, code, signal }) {
    const restart = restarts.get(name);
    const how = `${name} ended by itself (${signal ?? `exit code ${code}`})`;
    if (!watching) return;
    if (!restart || restart.left-- <= 0) return fail(how);
    say(`${how}: starting it again`);
    try {
      note(name, (await restart.start()).process);
    } catch (error) {
      await fail(`${how} and does not start again: ${error.message}`);
    }
  }

  /** From now on, what ends by itself is started again or ends everything. */
  function watch() {
    watching = true;
  }

  async function fail(reason) {
    if (!watching) return;
    await stop();
    onEnd(reason);
  }

  async function stop() {
    watching = false;
    await supervisor.end();
    await stopProcesses(processes);
    rmSync(join(folder, GIVEN_ADMIN_KEY), { force: true });
    release(folder);
  }

  return { supervisor, add, note, watch, stop };
}

/** The URLs of the two servers: given ones as they are, private ones where none is given. */
async function prepareServers({ crew, folder, env }) {
  const { supervisor } = crew;
  const [database, redis] = await Promise.all([
    env.DATABASE_URL
      ? { url: env.DATABASE_URL, ownerUrl: env.MIGRATION_DATABASE_URL || env.DATABASE_URL }
      : crew.add('postgres', (at) => startPrivatePostgres({ supervisor, folder, ...at })),
    env.REDIS_URL
      ? { url: env.REDIS_URL }
      : crew.add('redis', (at) => startPrivateRedis({ supervisor, folder, ...at })),
  ]);
  return { ownerUrl: database.ownerUrl, DATABASE_URL: database.url, REDIS_URL: redis.url };
}

/** The key that is set, in a file that goes when we stop; else the one that was made on first start and stays. */
function prepareAdminKey(folder, { ADMIN_API_KEY: given }) {
  const adminKeyFile = join(folder, given ? GIVEN_ADMIN_KEY : 'admin-key');
  if (!given) return { adminKey: keptSecret(adminKeyFile), adminKeyFile };
  rmSync(adminKeyFile, { force: true });
  writeFileSync(adminKeyFile, `${given}\n`, { mode: 0o600 });
  return { adminKey: given, adminKeyFile };
}

/** Gives the URL at which the API answers. */
async function startApi({ crew, folder, env, logFile }) {
  const name = 'api';
  const { supervisor } = crew;
  const HOST = env.HOST || DEFAULT_HOST;
  const PORT = String(await choosePort(env, HOST));
  const pid = await supervisor.start({
    name,
    command: process.execPath,
    // The folder does nothing there but say whose process this is.
    args: ['--enable-source-maps', API, folder],
    cwd: root,
    env: { ...env, NODE_ENV: env.NODE_ENV || 'production', HOST, PORT },
    graceMs: API_GRACE_MS,
    logFile,
  });
  crew.note(name, { pid, marker: folder });
  const url = `http://${addressOf(HOST)}:${PORT}`;
  const probe = () => isHealthy(url);
  await step('starting the API', () =>
    untilReady({ supervisor, name, logFile, timeoutMs: API_READY_MS, probe }),
  );
  return url;
}

async function isHealthy(url) {
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
  return answer.ok;
}

/** A port that was asked for and is taken is better known before anything is built. */
async function checkPort({ HOST, PORT }) {
  const host = HOST || DEFAULT_HOST;
  if (!Number(PORT) || (await isPortFree(Number(PORT), host))) return;
  throw new Advice(
    `PORT ${PORT} of ${host} is taken. Set PORT to another one, or leave it unset to use a free one.`,
  );
}

/** PORT where it is set; else 8000 or the next one that is free, so that two clones run side by side. */
async function choosePort({ PORT }, host) {
  if (PORT === '0') return freePort();
  if (PORT) return PORT;
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + PORTS_TRIED; port++) {
    if (!(await isPortFree(port, host))) continue;
    if (port !== DEFAULT_PORT) say(`port ${DEFAULT_PORT} is taken: using ${port}`);
    return port;
  }
  throw new Advice(`No port from ${DEFAULT_PORT} on is free. Set PORT.`);
}

/** What a client on this machine puts into a URL. */
function addressOf(host) {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
