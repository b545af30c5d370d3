import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inProject } from './paths.mjs';

const LOCK = 7_266_172_031; // any number: only starters of this project ask for it
const LOCK_TIMEOUT = '10s';

/**
 * Applies what is new in prisma/migrations, as `prisma migrate deploy` would, with the same `_prisma_migrations` table,
 * but with Prisma's schema engine as WebAssembly: no engine is downloaded. Gives the names of what was applied.
 * Starters that come at the same time wait for each other.
 *
 * folders   where migrations are, the project's first; they are applied in the order of their names
 */
export async function applyMigrations(url, folders = [inProject('prisma', 'migrations')]) {
  const { default: pg } = await import('pg');
  const guard = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  guard.on('error', () => undefined);
  await guard.connect();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [LOCK]);
    return await applyAll(url, folders);
  } finally {
    await guard.end();
  }
}

async function applyAll(url, folders) {
  const { default: pg } = await import('pg');
  const { PrismaPg } = await import('@prisma/adapter-pg');
  const { bindMigrationAwareSqlAdapterFactory } = await import('@prisma/driver-adapter-utils');
  const { SchemaEngine } = await loadEngine();
  // A migration that cannot get its lock soon gives up, rather than queue every query of the running service behind it.
  const pool = new pg.Pool({ connectionString: url, options: `-c lock_timeout=${LOCK_TIMEOUT}`, max: 1 });
  pool.on('error', () => undefined);
  const adapters = new PrismaPg(pool);
  const connect = adapters.connect.bind(adapters);
  adapters.connect = async () => withWholeScripts(await connect());
  const engine = await SchemaEngine.new(
    { datamodels: [['schema.prisma', readFileSync(inProject('prisma', 'schema.prisma'), 'utf8')]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(adapters),
  );
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: readMigrations(folders),
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  } finally {
    await pool.end();
  }
}

/** The adapter would cut a script at every semicolon, also inside a function's body; PostgreSQL takes it whole. */
function withWholeScripts(adapter) {
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };
  return adapter;
}

async function loadEngine() {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const wasm = readFileSync(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': withIdleTimers(glue) });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/** The engine forgets to clear its 10 s timer; the process must be able to end before that. */
function withIdleTimers(glue) {
  const timers = Object.keys(glue).filter((name) => name.startsWith('__wbg_setTimeout'));
  const idle = (work, ms) => setTimeout(work, ms).unref();
  return { ...glue, ...Object.fromEntries(timers.map((name) => [name, idle])) };
}

function readMigrations(folders) {
  const migrations = folders
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true }).map((entry) => ({ folder, entry })))
    .filter(({ entry }) => entry.isDirectory())
    .map(({ folder, entry: { name } }) => ({ name, path: join(folder, name, 'migration.sql') }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const [baseDir] = folders;
  return {
    baseDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: readFileSync(join(baseDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, path }) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(path, 'utf8') },
      },
    })),
  };
}
