// Migrates and seeds the database of DATABASE_URL, then ends: what containers run once before they serve.
import { complain, say } from './lib/log.mjs';
import { prepareDatabase } from './lib/prepare-database.mjs';

const url = process.env.DATABASE_URL;

try {
  if (!url) throw new Error('DATABASE_URL must be set');
  await prepareDatabase(url);
  say('the database is up to date');
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
