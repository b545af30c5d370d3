// npm run generate:client: writes libs/client/src/schema.ts from docs/openapi.json.
import { writeFileSync } from 'node:fs';
import { CLIENT_TYPES, clientTypes } from './lib/client-types.mjs';
import { complain, say } from './lib/log.mjs';

try {
  writeFileSync(CLIENT_TYPES, await clientTypes());
  say('libs/client/src/schema.ts written');
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
