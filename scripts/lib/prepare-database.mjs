import { step, say } from './log.mjs';
import { applyMigrations } from './migrate.mjs';
import { inProject } from './paths.mjs';
import { query } from './postgres-server.mjs';
import { run } from './run.mjs';

const SEED = inProject('dist', 'prisma', 'seed.js');

/** Migrates; a database without any tenant gets the demo tenants. The project must be built. */
export async function prepareDatabase(url) {
  const applied = await step('applying migrations', () => applyMigrations(url));
  if (applied.length > 0) say(`${applied.length} migrations applied`);
  const { rowCount } = await query(url, 'SELECT 1 FROM tenants LIMIT 1');
  if (rowCount > 0) return;
  const env = { ...process.env, DATABASE_URL: url };
  const output = await step('adding the demo tenants', () => run(process.execPath, [SEED], { env }));
  say(output.trim());
}
