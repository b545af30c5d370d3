import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { complain } from './log.mjs';
import { parseOptions } from './options.mjs';
import { inProject, root } from './paths.mjs';

/** A seed that nobody chose, 0 to 2³¹ − 1. */
export function anySeed() {
  return Math.floor(Math.random() * 2 ** 31);
}

/** Runs `work` with the options of the command line; `--help` prints, and an error is said without a stack. */
export async function soakCommand(help, options, work) {
  try {
    const values = parseOptions(help, options);
    if (values) process.exitCode = await work(values);
  } catch (error) {
    complain(error);
    process.exitCode = 1;
  }
}

/** Plays one spec with other settings on the servers of the tests; gives its exit code. */
export async function playSpec(spec, env, args = []) {
  const child = spawn(process.execPath, [inProject('scripts', 'test.mjs'), spec, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
