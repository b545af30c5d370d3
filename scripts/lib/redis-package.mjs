import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { locked } from './lock.mjs';
import { Advice, step } from './log.mjs';
import { redisVersion } from './redis-version.mjs';
import { run } from './run.mjs';

const NAME = 'redis-server';
/** Debian's redis-server is a link to a program of redis-tools: both are needed, also where one is installed already. */
const PACKAGES = ['redis-server', 'redis-tools'];
const NOTHING_TO_INSTALL = { stdio: 'ignore' };

/** Whether this system has the packages of Debian or Ubuntu. */
export function hasApt() {
  return ['apt-get', 'dpkg'].every(
    (command) => spawnSync(command, ['--version'], NOTHING_TO_INSTALL).status === 0,
  );
}

/**
 * The path of a Redis unpacked from Debian's or Ubuntu's packages into a folder of ours: no root, no installed service.
 * Downloads them once (1.5 MB); later starts need no network. An interrupted download leaves nothing that counts.
 *
 * folders   where one may be already, and at the first of which it is made
 *
 * Throws an Advice where the download fails, or where the system's Redis is older than we need.
 */
export async function ensureRedisPackage(folders) {
  const ready = folders.map(programIn).find(works);
  if (ready) return ready;
  const [folder] = folders;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return locked(join(folder, `${NAME}.lock`), async () => {
    const made = programIn(folder);
    if (works(made)) return made;
    await step('downloading the packages of Redis (once)', () => unpack(folder));
    return made;
  });
}

function programIn(folder) {
  return join(folder, NAME, NAME);
}

function works(program) {
  return existsSync(program) && redisVersion(program) !== undefined;
}

/** Makes the folder beside its place and moves it there whole. */
async function unpack(folder) {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${NAME}.new-`)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const work = mkdtempSync(join(folder, `${NAME}.new-`));
  try {
    const archives = await download(work);
    for (const archive of archives) await run('dpkg', ['-x', archive, join(work, 'root')]);
    for (const name of ['lists', 'cache']) rmSync(join(work, name), { recursive: true, force: true });
    writeLauncher(work);
    const version = redisVersion(join(work, NAME));
    if (version === undefined) throw new Error('the unpacked server does not run');
    if (version < 7) throw new Error(`the packages of this system hold Redis ${version}`);
    rmSync(join(folder, NAME), { recursive: true, force: true });
    renameSync(work, join(folder, NAME));
  } catch (error) {
    throw new Advice(
      `Redis could not be had from the packages of this system: ${error.message}\n` +
        'Needed is a redis-server or valkey-server ≥ 7 on PATH, or REDIS_URL set to such a server.',
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The archives of the packages and of what they need and this system lacks; apt verifies their signatures. */
async function download(work) {
  const lists = join(work, 'lists');
  const cache = join(work, 'cache');
  const archives = join(cache, 'archives');
  for (const folder of [lists, archives]) mkdirSync(join(folder, 'partial'), { recursive: true });
  const settings = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Dir::Cache::Archives=archives/',
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root', // another user could not write to our folder
  ].flatMap((setting) => ['-o', setting]);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  // A source that does not answer may be one that we do not need: the next command tells.
  await run('apt-get', [...settings, '-q', 'update'], { env }).catch(() => undefined);
  const flags = ['-y', '-q', '--no-install-recommends', '--download-only', '--reinstall'];
  await run('apt-get', [...settings, ...flags, 'install', ...PACKAGES], { env });
  const names = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  return names.map((name) => join(archives, name));
}

/** A script that runs the server with the libraries beside it, whichever folder it is in. */
function writeLauncher(work) {
  const root = join(work, 'root');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath ?? entry.path, entry.name),
  );
  const libraries = files.filter((path) => basename(path).includes('.so')).map((path) => dirname(path));
  const below = [...new Set(libraries)].map((path) => `$here${path.slice(work.length)}`).join(':');
  const program = files.find((path) => path.endsWith('/bin/redis-server'));
  if (!program) throw new Error('the packages hold no redis-server');
  const launcher = join(work, NAME);
  writeFileSync(
    launcher,
    [
      '#!/bin/sh',
      'here=$(dirname "$0")',
      `LD_LIBRARY_PATH="${below}" exec "$here${program.slice(work.length)}" "$@"`,
      '',
    ].join('\n'),
  );
  chmodSync(launcher, 0o755);
}
