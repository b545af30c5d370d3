// Installs the packages and generates the database client where they are missing or old: what checks need, and no more.
import { complain } from './lib/log.mjs';
import { ensurePackages } from './lib/packages.mjs';

try {
  await ensurePackages();
  const { ensureDatabaseClient } = await import('./lib/build.mjs');
  await ensureDatabaseClient();
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
