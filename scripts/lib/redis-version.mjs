import { spawnSync } from 'node:child_process';

/** The major version of a Redis or Valkey server, such as 7; undefined where the program does not run. */
export function redisVersion(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const major = status === 0 ? /\bv=(\d+)\./.exec(stdout)?.[1] : undefined;
  return major === undefined ? undefined : Number(major);
}
