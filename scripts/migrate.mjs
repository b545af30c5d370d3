// Migrates the database, then ends: what containers run once before they serve.
import { parseArgs } from 'node:util';
import { Advice, complain, say } from './lib/log.mjs';
import { prepareDatabase } from './lib/prepare-database.mjs';
import { grantRuntimeRole } from './lib/runtime-role.mjs';
import { readSettings } from './lib/settings.mjs';

const HELP = `npm run migrate [-- options]

Applies what is new in prisma/migrations to the database of DATABASE_URL. With MIGRATION_DATABASE_URL set, it is done as
that role, which then owns the tables, and the role of DATABASE_URL may serve and no more: it cannot alter a table, nor
change or delete a row of the audit log. It is created if it is missing and the owner may create roles; a hosted
PostgreSQL where it may not is told what to run by hand.

  --runtime-role NAME   let this role serve too; it must exist
  --demo                add the demo tenants to a database that has no tenant (npm run build first)
  --help                this text`;

const OPTIONS = {
  'runtime-role': { type: 'string' },
  demo: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

try {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) say(HELP);
  else await migrate(values);
} catch (error) {
  complain(error.code?.startsWith('ERR_PARSE_ARGS') ? new Advice(`${error.message}\n\n${HELP}`) : error);
  process.exitCode = 1;
}

async function migrate({ 'runtime-role': role, demo }) {
  const { DATABASE_URL: runtimeUrl, MIGRATION_DATABASE_URL: given } = readSettings();
  const ownerUrl = given || runtimeUrl;
  if (!ownerUrl) throw new Advice('DATABASE_URL must be set');
  await prepareDatabase({ ownerUrl, runtimeUrl: runtimeUrl || ownerUrl, demo });
  if (role) await grantRuntimeRole({ ownerUrl, role });
  say('the database is up to date');
}
