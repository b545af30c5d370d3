import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./supervisor.mjs', import.meta.url));

/**
 * Forks a supervisor: servers started through it end with this process, however this process ends.
 * The child has a session of its own, so that Ctrl-C reaches it only through us and in our order.
 *
 * label      shown in the child's command line, to tell whose it is
 * keepAlive  our event loop stays alive until `end`. Default: only while an answer is awaited
 * onExit     called with {name, code, signal} whenever a server ends
 * onGone     called if the supervisor itself dies before its end was asked for; its servers are then on their own
 */
export function createSupervisor({
  label = '',
  keepAlive = false,
  onExit = () => undefined,
  onGone = () => undefined,
} = {}) {
  const child = fork(PROGRAM, [label], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const pending = new Map();
  const exits = new Map();
  let nextId = 1;
  let ending = false;

  child.on('message', ({ id, event, result, error, ...details }) => {
    if (event === 'exit') {
      exits.set(details.name, details);
      return onExit(details);
    }
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    unref();
    if (error) reject(new Error(error));
    else resolve(result);
  });
  child.on('exit', () => {
    for (const { reject } of pending.values()) reject(new Error('the supervisor is gone'));
    if (!ending) onGone();
  });
  unref();

  function unref() {
    if (keepAlive || pending.size > 0) return;
    child.unref();
    child.channel?.unref();
  }

  function ask(verb, argument) {
    if (!child.connected) return Promise.reject(new Error('the supervisor is gone'));
    child.ref();
    child.channel?.ref();
    const id = nextId++;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      child.send({ id, verb, argument });
    });
  }

  return {
    pid: child.pid,
    /** Starts {name, command, args, cwd, env, uid, gid, logFile, stopSignals, graceMs}; gives the process id. */
    start(spec) {
      exits.delete(spec.name);
      return ask('start', spec);
    },
    /** How a process ended, or undefined while it runs. */
    exitOf: (name) => exits.get(name),
    stop: (name) => ask('stop', name),
    /** A folder to remove after everything has stopped. */
    removeAtEnd: (path) => ask('removeAtEnd', path),
    /** Stops everything, newest first; resolves when all of it is gone. */
    async end() {
      ending = true;
      if (!child.connected) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      await ask('end').catch(() => undefined);
      child.ref();
      await gone;
    },
  };
}
