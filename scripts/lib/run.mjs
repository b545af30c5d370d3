import { spawn } from 'node:child_process';
import { root } from './paths.mjs';

/** Runs a command to its end and gives its output; a failure's error shows the output's tail and carries all of it. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    const collect = (chunk) => (output = (output + chunk).slice(-200_000));
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const what = [command, ...args].join(' ');
      const tail = output.trimEnd().slice(-4_000);
      reject(Object.assign(new Error(`${what} ended with ${signal ?? code}:\n${tail}`), { output }));
    });
  });
}
