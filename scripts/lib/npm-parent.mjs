import { readFileSync } from 'node:fs';
import { commandLine } from './processes.mjs';

const POLL_MS = 500;

/**
 * Calls back once when the npm that runs us is gone. SIGTERM to npm ends only the shell between npm and us, kill -9 not
 * even that. Run by hand we may well outlive our parent.
 */
export function onNpmGone(callback) {
  if (!process.env.npm_lifecycle_event) return;
  const parents = readParents();
  const timer = setInterval(() => {
    if (String(readParents()) === String(parents)) return;
    clearInterval(timer);
    callback();
  }, POLL_MS);
  timer.unref();
}

/** Our parent and, where that is npm's shell, its parent. */
function readParents() {
  const parent = process.ppid;
  const isShell = commandLine(parent).includes(' -c ');
  return isShell ? [parent, parentOf(parent)] : [parent];
}

/** The parent of another process, as Linux tells it; undefined elsewhere. */
function parentOf(pid) {
  try {
    // The fields follow the program's name in parentheses: state, then parent.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1];
  } catch {
    return undefined;
  }
}
