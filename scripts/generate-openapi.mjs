// npm run generate:openapi: writes docs/openapi.json from the code.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { ensureBuild } from './lib/build.mjs';
import { complain, say } from './lib/log.mjs';
import { inProject } from './lib/paths.mjs';

const FILE = inProject('docs', 'openapi.json');

try {
  await ensureBuild();
  const { createApp } = await import('../dist/apps/api/src/create-app.js');
  const { parseEnvironment } = await import('../dist/apps/api/src/config/environment.js');
  const { createDocument } = await import('../dist/apps/api/src/openapi/document.js');
  // Neither is asked: the contract is in the code.
  const nowhere = { DATABASE_URL: 'postgresql://127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' };
  const app = await createApp(
    parseEnvironment({
      ...nowhere,
      ADMIN_API_KEY: randomBytes(16).toString('hex'),
      LOG_LEVEL: 'fatal',
      WORKER: 'off',
    }),
  );
  writeFileSync(FILE, `${JSON.stringify(createDocument(app), null, 2)}\n`);
  say('docs/openapi.json written');
  process.exit(0);
} catch (error) {
  complain(error);
  process.exit(1);
}
