import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step } from './log.mjs';
import { locked } from './lock.mjs';
import { inProject } from './paths.mjs';
import { run } from './run.mjs';

const CLIENT = inProject('libs', 'prisma', 'src', 'generated');
const DIST = inProject('dist');
const LOCK = inProject('node_modules', '.cache', 'fairshare-build.lock');

/** Generates the database client, unless it was generated from this schema. */
export async function ensureDatabaseClient() {
  await locked(LOCK, generate);
}

/** Compiles to dist/, unless dist/ was made from these sources; a second `npm start` skips it. */
export async function ensureBuild() {
  await locked(LOCK, async () => {
    await generate();
    await unlessFresh(DIST, sources(), () =>
      step('building', () => tool('@nestjs/cli/bin/nest.js', 'build')),
    );
  });
}

async function generate() {
  const inputs = [
    inProject('prisma', 'schema.prisma'),
    inProject('prisma.config.ts'),
    inProject('package-lock.json'),
  ];
  await unlessFresh(CLIENT, inputs, () =>
    step('generating the database client', () => tool('prisma/build/index.js', 'generate')),
  );
}

/** Makes `output` from `inputs`, and leaves their fingerprint in it, to know next time that nothing changed. */
async function unlessFresh(output, inputs, make) {
  const stamp = join(output, '.made-from');
  const fingerprint = hash(inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  await make();
  writeFileSync(stamp, fingerprint);
}

function hash(paths) {
  const digest = createHash('sha256');
  for (const path of paths) digest.update(path).update('\0').update(readFileSync(path)).update('\0');
  return digest.digest('hex');
}

function sources() {
  const roots = ['apps', 'libs', 'prisma', 'examples'].flatMap((folder) => filesBelow(inProject(folder)));
  const configuration = ['nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  return [
    ...roots.filter((path) => !/(\.spec\.ts|\.md|\.txt)$/.test(path)),
    ...configuration.map((name) => inProject(name)),
  ];
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function tool(path, ...args) {
  // The native schema engine would be downloaded, but `generate` never runs it.
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  return run(process.execPath, [inProject('node_modules', path), ...args], { env });
}
