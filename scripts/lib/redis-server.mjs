import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { dataFolder } from './data-folder.mjs';
import { Advice } from './log.mjs';
import { inProject } from './paths.mjs';
import { freePort } from './ports.mjs';
import { rotate, untilReady } from './ready.mjs';
import { ensureRedisPackage, hasApt } from './redis-package.mjs';
import { redisVersion } from './redis-version.mjs';

const BINARIES = ['redis-server', 'valkey-server'];
const OLDEST_REDIS = 7;

/**
 * The path of a Redis or Valkey server ≥ 7: the one on PATH; else, on Debian and Ubuntu, one unpacked from their packages
 * into a folder of ours. FAIRSHARE_REDIS=private always takes the latter, FAIRSHARE_NO_INSTALL=1 never downloads.
 */
export async function ensureRedisBinary() {
  const found = process.env.FAIRSHARE_REDIS === 'private' ? undefined : findRedisBinary();
  if (found) return found;
  if (mayDownload() && hasApt()) return ensureRedisPackage(packageFolders());
  throw new Advice(
    `No redis-server or valkey-server ≥ 7 on PATH. ${howToInstall()}\nOr set REDIS_URL to such a server.`,
  );
}

/** The first Redis or Valkey server on PATH that is new enough. */
export function findRedisBinary() {
  // Debian keeps servers in sbin in places, which is not on everybody's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/usr/sbin'];
  return BINARIES.flatMap((name) => folders.map((folder) => join(folder || '.', name)))
    .filter(isExecutable)
    .find((path) => redisVersion(path) >= OLDEST_REDIS);
}

/** The data folder is where we may write; a clone's own one serves the tests, which have data folders that pass. */
function packageFolders() {
  return [...new Set([dataFolder(), inProject('.fairshare')])];
}

/**
 * Starts a Redis on 127.0.0.1 and a free port unless `port` is given, with its files in `dir`.
 * Gives {url, port, pid, stop}. A password is written to a file only we can read, never to the command line.
 */
export async function startRedisServer({
  supervisor,
  binary,
  dir,
  name = 'redis',
  port,
  password,
  args = [],
}) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const logFile = join(dir, 'redis.log');
  const configuration = join(dir, 'redis.conf');
  port ??= await freePort();
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(dir)}`,
    'daemonize no',
    'set-proc-title no',
  ];
  if (password) lines.push(`requirepass ${password}`);
  writeFileSync(configuration, `${lines.join('\n')}\n`, { mode: 0o600 });
  rotate(logFile);
  const pid = await supervisor.start({
    name,
    command: binary,
    args: [configuration, ...args],
    cwd: dir,
    logFile,
  });
  await untilReady({ supervisor, name, logFile, probe: () => ping(port, password) });
  const credentials = password ? `:${password}@` : '';
  return { url: `redis://${credentials}127.0.0.1:${port}`, port, pid, stop: () => supervisor.stop(name) };
}

/** True once the server answers PONG; a server that is still loading its file answers LOADING. */
function ping(port, password) {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    let reply = '';
    socket.setEncoding('utf8');
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
    socket.on('connect', () => socket.write(`${password ? `AUTH ${password}\r\n` : ''}PING\r\n`));
    socket.on('data', (chunk) => {
      reply += chunk;
      if (reply.includes('+PONG')) {
        socket.destroy();
        resolve(true);
      } else if (reply.includes('-')) socket.destroy(new Error(reply));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(false));
  });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mayDownload() {
  return ['', '0', 'false', undefined].includes(process.env.FAIRSHARE_NO_INSTALL);
}

function howToInstall() {
  if (process.platform === 'darwin') return 'Install one with: brew install redis';
  if (process.platform === 'win32')
    return 'Redis does not run on Windows itself: use WSL, or docker compose up.';
  const commands = {
    debian: 'sudo apt-get update && sudo apt-get install -y redis-server',
    fedora: 'sudo dnf install -y valkey',
    alpine: 'sudo apk add redis',
    arch: 'sudo pacman -S valkey',
    suse: 'sudo zypper install redis',
  };
  const command = systemNames()
    .map((name) => commands[name])
    .find(Boolean);
  return `Install one with: ${command ?? "your system's package of Redis 7 or Valkey"}`;
}

/** ID and ID_LIKE of /etc/os-release, with the family's common name for each. */
function systemNames() {
  const families = { ubuntu: 'debian', rhel: 'fedora', centos: 'fedora', opensuse: 'suse' };
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    const names = [...text.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap(([, value]) =>
      value.split(' '),
    );
    return names.map((name) => families[name] ?? name);
  } catch {
    return [];
  }
}
