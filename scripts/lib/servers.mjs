import { join } from 'node:path';
import { keptSecret } from './data-folder.mjs';
import { step } from './log.mjs';
import { databaseUrl, POSTGRES_STOP_SIGNALS, query, startPostgresServer } from './postgres-server.mjs';
import { ensureRedisBinary, startRedisServer } from './redis-server.mjs';

const DATABASE = 'fairshare';
const RUNTIME_ROLE = 'fairshare_runtime';
// Acknowledged writes reach the disk within a second; accepted jobs are in PostgreSQL before that.
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
// Memory that runs out refuses new work: what is counted or queued is never evicted.
const BOUNDED = ['--maxmemory', '512mb', '--maxmemory-policy', 'noeviction'];

/** A private Redis with its data in the folder: {url, process}. */
export async function startPrivateRedis({ supervisor, folder, port }) {
  const binary = await ensureRedisBinary();
  const password = keptSecret(join(folder, 'redis-password'));
  const dir = join(folder, 'redis');
  const server = await step('starting Redis', () =>
    startRedisServer({ supervisor, binary, dir, port, password, args: [...DURABLE, ...BOUNDED] }),
  );
  return { ...server, process: { pid: server.pid, marker: dir } };
}

/**
 * A private PostgreSQL with its data in the folder, and in it the database `fairshare`: {url, ownerUrl, process}. `url` is
 * of the role that serves, which prepareDatabase creates; `ownerUrl` of the one that migrates.
 */
export async function startPrivatePostgres({ supervisor, folder, port }) {
  const password = keptSecret(join(folder, 'postgres-password'));
  const dir = join(folder, 'postgres');
  const server = await step('starting PostgreSQL', () =>
    startPostgresServer({ supervisor, dir, port, password }),
  );
  await createDatabase(server.url);
  return {
    ...server,
    url: asRole(
      databaseUrl(server.url, DATABASE),
      RUNTIME_ROLE,
      keptSecret(join(folder, 'postgres-runtime-password')),
    ),
    ownerUrl: databaseUrl(server.url, DATABASE),
    process: { pid: server.pid, marker: server.dir, stopSignals: POSTGRES_STOP_SIGNALS },
  };
}

async function createDatabase(url) {
  const { rowCount } = await query(url, 'SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await query(url, `CREATE DATABASE ${DATABASE}`);
}

/** The same database, as another role. */
function asRole(url, role, password) {
  return Object.assign(new URL(url), { username: role, password }).href;
}
