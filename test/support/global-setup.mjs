import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyMigrations } from '../../scripts/lib/migrate.mjs';
import { databaseUrl, FORGETFUL, query, startPostgresServer } from '../../scripts/lib/postgres-server.mjs';
import { ensureRedisBinary, startRedisServer } from '../../scripts/lib/redis-server.mjs';
import { createSupervisor } from '../../scripts/lib/supervised.mjs';

const NO_PERSISTENCE = ['--save', '', '--appendonly', 'no', '--maxmemory', '2gb'];

/** Starts a private Redis and a private PostgreSQL for one run of the tests; they end with it, even after kill -9. */
export default async function setup() {
  const supervisor = createSupervisor();
  globalThis.testSupervisor = supervisor;
  const folder = mkdtempSync(join(tmpdir(), 'fairshare-test-'));
  chmodSync(folder, 0o711); // the database may run as another user
  await supervisor.removeAtEnd(folder);
  try {
    const [redisUrl, serverUrl] = await Promise.all([
      redis(supervisor, folder),
      postgres(supervisor, folder),
    ]);
    process.env.FAIRSHARE_TEST_REDIS_URL = redisUrl;
    process.env.FAIRSHARE_TEST_DATABASE_URL = databaseUrl(serverUrl, 'fairshare_test');
  } catch (error) {
    await supervisor.end();
    throw error;
  }
  // Nothing a test starts may reach a server of the user.
  delete process.env.DATABASE_URL;
  delete process.env.REDIS_URL;
}

async function redis(supervisor, folder) {
  const binary = await ensureRedisBinary();
  process.env.FAIRSHARE_TEST_REDIS_SERVER = binary;
  const dir = join(folder, 'redis');
  return (await startRedisServer({ supervisor, binary, dir, args: NO_PERSISTENCE })).url;
}

/** A database `fairshare_template` with all migrations, and its copy `fairshare_test` for whoever changes little. */
async function postgres(supervisor, folder) {
  const password = randomBytes(12).toString('hex');
  const { url, dir } = await startPostgresServer({
    supervisor,
    dir: join(folder, 'postgres'),
    password,
    settings: { ...FORGETFUL, max_connections: 200 },
  });
  await supervisor.removeAtEnd(dir);
  await query(url, 'CREATE DATABASE fairshare_template');
  await applyMigrations(databaseUrl(url, 'fairshare_template'));
  await query(url, 'CREATE DATABASE fairshare_test TEMPLATE fairshare_template');
  return url;
}
