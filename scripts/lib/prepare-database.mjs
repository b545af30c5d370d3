import { step, say } from './log.mjs';
import { applyMigrations } from './migrate.mjs';
import { inProject } from './paths.mjs';
import { query } from './postgres-server.mjs';
import { run } from './run.mjs';
import { grantRuntimeRole } from './runtime-role.mjs';

const SEED = inProject('dist', 'prisma', 'seed.js');

/**
 * Migrates, and lets another role serve. The project must be built where demo tenants are asked for.
 *
 * ownerUrl    of the role that migrates and owns the tables
 * runtimeUrl  of the role that serves; where it is another one, it is created if need be and may do no more than serve
 * demo        adds the demo tenants to a database without any tenant. Default false
 */
export async function prepareDatabase({ ownerUrl, runtimeUrl = ownerUrl, demo = false }) {
  const applied = await step('applying migrations', () => applyMigrations(ownerUrl));
  if (applied.length > 0) say(`${applied.length} migrations applied`);
  const runtime = new URL(runtimeUrl);
  if (runtime.username && runtime.username !== new URL(ownerUrl).username) {
    const role = decodeURIComponent(runtime.username);
    await grantRuntimeRole({ ownerUrl, role, password: decodeURIComponent(runtime.password) });
  }
  if (demo) await addDemoTenants(ownerUrl);
}

async function addDemoTenants(url) {
  const { rowCount } = await query(url, 'SELECT 1 FROM tenants LIMIT 1');
  if (rowCount > 0) return;
  const env = { ...process.env, DATABASE_URL: url };
  const output = await step('adding the demo tenants', () => run(process.execPath, [SEED], { env }));
  say(output.trim());
}
