// Removes from node_modules what a production install never loads: other databases' engines of the database client, type
// declarations and source maps. `npm run install:production` runs it last. It refuses where development packages are.
import { rmSync } from 'node:fs';
import { Advice, complain, say } from './lib/log.mjs';
import { inProject } from './lib/paths.mjs';
import { developmentPackages, unusedFiles } from './lib/production.mjs';

try {
  prune(inProject('node_modules'));
} catch (error) {
  complain(error);
  process.exitCode = 1;
}

function prune(folder) {
  const found = developmentPackages(folder);
  if (found.length > 0) {
    throw new Advice(
      `${folder} has packages of development (${found.join(', ')}). Run npm run install:production, which removes them.`,
    );
  }
  const unused = unusedFiles(folder);
  for (const path of unused) rmSync(path);
  say(`${unused.length} files removed that production never loads`);
}
