import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;

/** The command line of a living process, or '' where there is none. */
export function commandLine(pid) {
  if (!Number.isInteger(pid) || pid <= 1) return '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    if (process.platform === 'linux') return '';
    return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
}

/** Whether the process lives and is the one we mean: process ids are used again, command lines are not. */
export function isAlive({ pid, marker }) {
  const line = commandLine(pid);
  return line !== '' && line.includes(marker);
}

/** Waits for a process to end by itself; false where it has not after `timeoutMs`. */
export async function untilGone(target, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(target)) {
    if (performance.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}

/** Ends a process with the first of the signals that helps, SIGKILL at last. */
export async function terminate(target, signals, graceMs = 10_000) {
  for (const signal of [...signals, 'SIGKILL']) {
    if (!isAlive(target)) return;
    try {
      process.kill(target.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    if (await untilGone(target, graceMs)) return;
  }
}
