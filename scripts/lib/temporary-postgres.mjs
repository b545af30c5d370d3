import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyMigrations } from './migrate.mjs';
import { inProject } from './paths.mjs';
import { databaseUrl, FORGETFUL, query, startPostgresServer } from './postgres-server.mjs';
import { run } from './run.mjs';
import { createSupervisor } from './supervised.mjs';

/**
 * A PostgreSQL on a free port, migrated, with the demo tenants, that ends with us and leaves nothing: {url, stop}. The
 * project must be built.
 *
 * migrations   folders of migrations beside the project's own
 */
export async function startTemporaryPostgres(label, { migrations = [] } = {}) {
  const supervisor = createSupervisor({ label, keepAlive: false });
  const folder = mkdtempSync(join(tmpdir(), `fairshare-${label}-`));
  chmodSync(folder, 0o711); // the server may run as another user
  await supervisor.removeAtEnd(folder);
  const stop = () => supervisor.end();
  try {
    const server = await startPostgresServer({
      supervisor,
      dir: join(folder, 'postgres'),
      password: randomBytes(12).toString('hex'),
      settings: FORGETFUL,
    });
    await supervisor.removeAtEnd(server.dir);
    await query(server.url, 'CREATE DATABASE fairshare');
    const url = databaseUrl(server.url, 'fairshare');
    await applyMigrations(url, [inProject('prisma', 'migrations'), ...migrations]);
    const env = { ...process.env, DATABASE_URL: url };
    await run(process.execPath, [inProject('dist', 'prisma', 'seed.js')], { env });
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
