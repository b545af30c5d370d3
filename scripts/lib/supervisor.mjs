/**
 * A process of its own that runs servers for the process that forked it (see supervised.mjs). It stops them, newest
 * first, when told to and when the channel to its parent closes, so that nothing survives a parent killed with -9.
 */
import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';

const children = new Map();
const leftovers = [];
let stopping;

process.on('message', (message) => void answer(message));
process.on('disconnect', () => void end());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end());

const verbs = { start, stop, removeAtEnd, end };

async function answer({ id, verb, argument }) {
  try {
    const result = await verbs[verb](argument);
    tell({ id, result });
    if (verb === 'end') process.disconnect?.();
  } catch (error) {
    tell({ id, error: error.message });
  }
}

function start({ name, command, args, logFile, stopSignals, graceMs, ...options }) {
  if (stopping) throw new Error('the supervisor is stopping');
  if (children.has(name)) throw new Error(`${name} is running already`);
  const output = logFile ? openSync(logFile, 'a', 0o600) : 'inherit';
  const child = spawn(command, args, { ...options, stdio: ['ignore', output, output] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('spawn', () => {
      children.set(name, { child, stopSignals: stopSignals ?? ['SIGTERM'], graceMs: graceMs ?? 10_000 });
      resolve(child.pid);
    });
    child.on('exit', (code, signal) => {
      children.delete(name);
      tell({ event: 'exit', name, code, signal });
    });
  });
}

/** Sends one signal after the other until the process is gone, SIGKILL at last. */
async function stop(name) {
  const entry = children.get(name);
  if (!entry) return;
  const gone = new Promise((resolve) => entry.child.once('exit', resolve));
  for (const signal of [...entry.stopSignals, 'SIGKILL']) {
    entry.child.kill(signal);
    if (await within(gone, entry.graceMs)) return;
  }
}

function removeAtEnd(path) {
  leftovers.push(path);
}

function end() {
  stopping ??= stopAll();
  return stopping;
}

async function stopAll() {
  for (const name of [...children.keys()].reverse()) await stop(name);
  for (const path of leftovers) rmSync(path, { recursive: true, force: true });
  if (!process.connected) process.exit(0);
}

function within(promise, ms) {
  let timer;
  const patience = new Promise((resolve) => (timer = setTimeout(resolve, ms, false)));
  return Promise.race([promise.then(() => true), patience]).finally(() => clearTimeout(timer));
}

function tell(message) {
  if (process.connected) process.send(message, () => undefined);
}
