// `npm run check:structure`: what keeps the house in order. Imports point one way (.dependency-cruiser.cjs), and Lua scripts
// stay readable. The headers, names and layouts of Lua are compared with TypeScript by test/lua-headers.spec.ts and
// test/lua-shared.spec.ts.
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { brokenLuaRules } from './lib/lua-rules.mjs';
import { complain, say } from './lib/log.mjs';
import { inProject, root } from './lib/paths.mjs';

const broken = brokenLuaRules(inProject('libs'));
for (const { path, line, rule } of broken) complain(new Error(`${relative(root, path)}:${line} ${rule}`));
if (broken.length === 0) say('✓ Lua: includes, names and records');

const folders = ['apps', 'libs', 'prisma', 'test', 'examples'];
const imports = spawnSync('npx', ['depcruise', ...folders, '--config', '.dependency-cruiser.cjs'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = broken.length > 0 ? 1 : (imports.status ?? 1);
