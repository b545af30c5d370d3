// npm run secrets: makes up what docker-compose.yml needs to keep secret, one file each, and changes none that is there.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './lib/log.mjs';
import { inProject } from './lib/paths.mjs';

const folder = process.argv[2] ?? inProject('secrets');

// Nobody else enters the folder; the files themselves are read by the users of the containers.
mkdirSync(folder, { recursive: true, mode: 0o700 });
kept('admin-api-key', random());
const postgres = kept('postgres-password', random());
kept('migration-database-url', `postgresql://fairshare:${postgres}@postgres:5432/fairshare`);
kept('database-url', `postgresql://fairshare_runtime:${random()}@postgres:5432/fairshare`);
const redis = kept('redis-password', random());
kept('redis-conf', `requirepass ${redis}`);
kept('redis-url', `redis://:${redis}@redis:6379`);
say(`the secrets are in ${folder}`);

/** What the file holds; it is written where it is missing. */
function kept(name, text) {
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, `${text}\n`, { mode: 0o644 });
  return readFileSync(path, 'utf8').trim();
}

function random() {
  return randomBytes(24).toString('hex');
}
