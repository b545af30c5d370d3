import { existsSync, readFileSync, renameSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Advice } from './log.mjs';

const POLL_MS = 25;

/** Waits until `probe` gives something; throws early, with the log's tail, if the process ends first. */
export async function untilReady({ supervisor, name, logFile, probe, timeoutMs = 30_000 }) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const exit = supervisor.exitOf(name);
    if (exit) throw new Advice(`${name} ended with ${exit.signal ?? exit.code}:\n${tail(logFile)}`);
    let problem;
    const answer = await probe().catch((error) => void (problem = error.message));
    if (answer) return answer;
    if (performance.now() > deadline) {
      throw new Advice(
        `${name} was not ready within ${timeoutMs / 1_000} s (${problem ?? 'no answer'}):\n${tail(logFile)}`,
      );
    }
    await pause(POLL_MS);
  }
}

/** Keeps the log of the run before, and no more: the file starts anew. */
export function rotate(logFile) {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
}

/** The last lines of a log file. */
export function tail(logFile, lines = 20) {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
