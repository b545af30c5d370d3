// npm run secrets: makes up what docker-compose.yml needs to keep secret, one file each, and changes none that is there.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Advice, complain, say } from './lib/log.mjs';
import { inProject } from './lib/paths.mjs';

const HELP = `npm run secrets [-- FOLDER]

Makes up the secrets that docker-compose.yml needs, one file each, in FOLDER (default secrets). What is there stays.

  --help   this text`;

try {
  const options = { help: { type: 'boolean', short: 'h' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (positionals.length > 1) throw new Advice(HELP);
  if (values.help) say(HELP);
  else makeUp(positionals[0] ?? inProject('secrets'));
} catch (error) {
  complain(error.code?.startsWith('ERR_PARSE_ARGS') ? new Advice(`${error.message}\n\n${HELP}`) : error);
  process.exitCode = 1;
}

function makeUp(folder) {
  // Nobody else enters the folder; the files themselves are read by the users of the containers.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  kept(folder, 'admin-api-key', random());
  const postgres = kept(folder, 'postgres-password', random());
  kept(folder, 'migration-database-url', `postgresql://fairshare:${postgres}@postgres:5432/fairshare`);
  kept(folder, 'database-url', `postgresql://fairshare_runtime:${random()}@postgres:5432/fairshare`);
  const redis = kept(folder, 'redis-password', random());
  kept(folder, 'redis-conf', `requirepass ${redis}`);
  kept(folder, 'redis-url', `redis://:${redis}@redis:6379`);
  say(`the secrets are in ${folder}`);
}

/** What the file holds; it is written where it is missing. */
function kept(folder, name, text) {
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, `${text}\n`, { mode: 0o644 });
  return readFileSync(path, 'utf8').trim();
}

function random() {
  return randomBytes(24).toString('hex');
}
