import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { inExample, sourceOf } from './examples.mjs';
import { onNpmGone } from './npm-parent.mjs';
import { inProject, root } from './paths.mjs';
import { startTemporaryPostgres } from './temporary-postgres.mjs';
import { startTemporaryRedis } from './temporary-redis.mjs';

/** What imports these needs a PostgreSQL. */
const NEEDS_POSTGRES = /from 'fairshare\/(api|prisma)'/;
/** A setting of the user's shell must not change what an example does. */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot'];

/** Runs an example to its end, on servers of its own; gives its exit code. The project must be built. */
export async function runExample(name) {
  const { isSpec, file } = sourceOf(name);
  if (isSpec) return play(jest(file), { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' });
  const servers = [];
  try {
    const redis = await startTemporaryRedis('example');
    servers.push(redis);
    const env = { REDIS_URL: redis.url };
    if (NEEDS_POSTGRES.test(readFileSync(file, 'utf8'))) {
      const migrations = [inExample(name, 'migrations')].filter((folder) => existsSync(folder));
      const postgres = await startTemporaryPostgres('example', { migrations });
      servers.push(postgres);
      Object.assign(env, {
        DATABASE_URL: postgres.url,
        ADMIN_API_KEY: randomBytes(24).toString('base64url'),
        LOG_LEVEL: 'error',
        QUOTA_DEADLINE_MS: '2000', // the first look into PostgreSQL may be slow
      });
    }
    return await play([inProject('dist', 'examples', name, 'main.js')], env);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The arguments that run one spec, without the servers of the tests. */
function jest(file) {
  const config = inProject('scripts', 'lib', 'jest-alone.config.mjs');
  return [inProject('node_modules', 'jest', 'bin', 'jest.js'), '--config', config, file];
}

/** Resolves with the exit code of a node process. */
function play(args, settings) {
  const kept = KEPT.filter((name) => process.env[name] !== undefined).map((name) => [
    name,
    process.env[name],
  ]);
  const env = { ...Object.fromEntries(kept), ...settings };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
    onNpmGone(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
