import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { run } from '../../scripts/lib/run.mjs';
import { say, step } from '../../scripts/lib/log.mjs';
import { inProject } from '../../scripts/lib/paths.mjs';

const FOLDER = inProject('bench', 'peers');
const requirePeer = createRequire(inProject('bench', 'peers', 'package.json'));

/** Installs what we are measured beside, in a folder of its own: none of it is a dependency of the service. */
export async function ensurePeers() {
  if (isFresh()) return;
  say('installing the peers that are measured beside (once)');
  // Their peer ranges end before our NestJS; they run on it all the same.
  const args = ['ci', '--legacy-peer-deps', '--no-audit', '--no-fund', '--ignore-scripts'];
  await step('npm ci in bench/peers', () => run('npm', args, { cwd: FOLDER }));
}

/** A peer's module. */
export function peer(name) {
  return requirePeer(name);
}

/** The version that is measured. */
export function versionOf(name) {
  return lock('package-lock.json')[`node_modules/${name}`].version;
}

function isFresh() {
  if (!existsSync(inProject('bench', 'peers', 'node_modules', '.package-lock.json'))) return false;
  const installed = lock('node_modules/.package-lock.json');
  return Object.entries(lock('package-lock.json')).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

function lock(name) {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')).packages;
}
