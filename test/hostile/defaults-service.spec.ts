import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parseEnvironment } from '../../apps/api/src/config/environment.js';
import { memoryFault } from '../../apps/api/src/health/redis-memory-check.js';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startRedis } from '../support/redis.js';
import { tried } from '../support/tried.js';
import pg from 'pg';

const root = fileURLToPath(new URL('../..', import.meta.url));
const open: { close(): Promise<unknown> }[] = [];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairshare-defaults-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

describe('the address of a caller', () => {
  const CLAIMS = [
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:5123', '203.0.113.7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['unknown, 203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, <script>', '127.0.0.1'],
    ["'; DROP TABLE audit_log; --", '127.0.0.1'],
    ['', '127.0.0.1'],
  ] as const;

  it('is the connection’s own, whatever X-Forwarded-For says, while no proxy is trusted', async () => {
    const api = await started();
    for (const [claim] of CLAIMS) expect(await auditedAddress(api, claim)).toBe('127.0.0.1');
    tried('defaults address', CLAIMS.length);
  });

  it('is what a trusted proxy says, and never what it passed on from further away', async () => {
    const api = await started({ TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1' });
    for (const [claim, address] of CLAIMS)
      expect([claim, await auditedAddress(api, claim)]).toEqual([claim, address]);
    tried('defaults address', CLAIMS.length);
  });

  it.each(['localhost', '10.0.0.0/33', '10.0.0/8', '::/129', '1.2.3.4,', '*', 'true', '1.2.3.4/8/8'])(
    'is not decided by a list that is none: %s',
    (list) => {
      expect(() => parseEnvironment({ ...MINIMUM, TRUSTED_PROXIES: list })).toThrow(
        'TRUSTED_PROXIES must be',
      );
      tried('defaults address', 1);
    },
  );
});

describe('readiness', () => {
  it('is down while the schema is missing, older than this version, or half made', async () => {
    const api = await started();
    expect(await check(api, 'schema')).toEqual({ name: 'schema', state: 'up', detail: null });
    for (const [statement, said] of [
      [`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1`, 'is not finished'],
      [`DELETE FROM _prisma_migrations WHERE migration_name = $1`, 'lacks 1 migrations'],
      [`ALTER TABLE _prisma_migrations RENAME TO gone`, 'has no schema'],
    ] as const) {
      await sql(api.data['DATABASE_URL']!, statement, statement.includes('$1') ? [LAST_MIGRATION] : []);
      expect((await api.send('GET', '/health/ready')).status).toBe(503);
      expect(await check(api, 'schema')).toMatchObject({
        state: 'down',
        detail: expect.stringContaining(said),
      });
      tried('defaults schema', 1);
    }
  });

  it('names a Redis whose memory has no bound, or that evicts; and serves all the same', async () => {
    const redis = await startRedis();
    open.push(redis);
    const api = await started({ REDIS_URL: redis.url });
    for (const [settings, detail] of [
      [{}, 'no maxmemory'],
      [{ maxmemory: '1gb', 'maxmemory-policy': 'allkeys-lru' }, 'allkeys-lru'],
      [{ maxmemory: '1gb', 'maxmemory-policy': 'volatile-ttl' }, 'volatile-ttl'],
    ] as const) {
      for (const [name, value] of Object.entries(settings)) await redis.client.config('SET', name, value);
      expect(await check(api, 'redis_memory')).toMatchObject({
        state: 'degraded',
        detail: expect.stringContaining(detail),
      });
      expect((await api.send('GET', '/health/ready')).status).toBe(200);
      tried('defaults redis', 1);
    }
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    expect(await check(api, 'redis_memory')).toMatchObject({ state: 'up', detail: null });
    // A hosted Redis that tells nothing is no fault.
    await redis.client.call('ACL', 'SETUSER', 'default', '-info', '-config');
    expect(await check(api, 'redis_memory')).toMatchObject({ state: 'up', detail: null });
    expect(memoryFault('used_memory:1\r\n')).toBeUndefined();
  });
});

describe('a role that only serves', () => {
  it('cannot alter, change or empty the audit log by any statement, and the service works with it', async () => {
    const database = await testDatabase();
    const runtime = asRole(database.url, 'runtime_of_test', 'p4ss');
    migrate({ MIGRATION_DATABASE_URL: database.url, DATABASE_URL: runtime });
    migrate({ MIGRATION_DATABASE_URL: database.url, DATABASE_URL: runtime }); // again, as each release does

    const api = await started({ DATABASE_URL: runtime });
    expect((await api.query('tenant_test', 'hello')).status).toBe(200);
    expect((await api.admin('PATCH', '/admin/tenants/tenant_test', { tier: 'pro' })).status).toBeLessThan(
      300,
    );
    expect((await api.send('GET', '/health/ready')).status).toBe(200);
    expect(await check(api, 'database_role')).toMatchObject({ state: 'up', detail: null });

    const attempts = [
      'UPDATE audit_log SET actor = $$x$$',
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
      'TRUNCATE audit_log CASCADE',
      'DROP TABLE audit_log',
      'ALTER TABLE audit_log DISABLE TRIGGER ALL',
      'ALTER TABLE audit_log ADD COLUMN x int',
      'DROP TRIGGER audit_log_append_only ON audit_log',
      'CREATE RULE r AS ON INSERT TO audit_log DO INSTEAD NOTHING',
      'CREATE TRIGGER t BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION draw_config_version()',
      'CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      'SET fairshare.prunes_audit = $$on$$; DELETE FROM audit_log',
      'CREATE OR REPLACE FUNCTION prune_audit(older_than timestamptz, most_rows int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'ALTER FUNCTION prune_audit(timestamptz, int) SECURITY INVOKER',
      'MERGE INTO audit_log a USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE',
      'INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (id) DO UPDATE SET actor = $$x$$',
      'SET session_replication_role = replica',
      'GRANT DELETE ON audit_log TO runtime_of_test',
      'ALTER TABLE audit_log OWNER TO runtime_of_test',
      'CREATE TABLE mine (id int)',
      'DELETE FROM _prisma_migrations',
    ];
    const before = await sql(database.url, 'SELECT * FROM audit_log ORDER BY id');
    for (const attempt of attempts) {
      const refused = await sql(runtime, attempt).then(
        () => 'done',
        () => 'refused',
      );
      // A GRANT without the right to grant is a warning, and grants nothing.
      if (!attempt.startsWith('GRANT')) expect([attempt, refused]).toEqual([attempt, 'refused']);
    }
    await expect(sql(runtime, 'DELETE FROM audit_log')).rejects.toThrow();
    // The one way in which rows leave, old ones only.
    expect(await sql(runtime, 'SELECT prune_audit(now(), 1000) AS pruned')).toEqual([{ pruned: 0 }]);
    expect(await sql(database.url, 'SELECT * FROM audit_log ORDER BY id')).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
    tried('defaults audit', attempts.length);
    await api.close();
    open.splice(open.indexOf(api), 1);
    await sql(database.url, 'DROP OWNED BY runtime_of_test');
    await sql(database.url, 'DROP ROLE runtime_of_test');
  });

  it('is refused for a role that owns the tables, and missed by name where nobody made it', async () => {
    const database = await testDatabase();
    expect(() => migrate({ DATABASE_URL: database.url }, '--runtime-role', 'nobody_made_me')).toThrow(
      'There is no role nobody_made_me',
    );
    expect(() => migrate({ DATABASE_URL: database.url }, '--runtime-role', 'fairshare')).toThrow(
      'owns the tables',
    );
    tried('defaults audit', 2);
  });

  it('is missed by readiness where the owner serves; even the owner’s statements are refused', async () => {
    const api = await started();
    expect(await check(api, 'database_role')).toMatchObject({
      state: 'up',
      detail: expect.stringContaining('may change the audit log'),
    });
    await api.admin('PATCH', '/admin/tenants/tenant_test', { tier: 'pro' });
    for (const statement of [
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
      'UPDATE audit_log SET actor = $$x$$',
    ]) {
      const asReplica = `SET session_replication_role = replica; ${statement}`;
      await expect(sql(api.data['DATABASE_URL']!, statement)).rejects.toThrow('append-only');
      await expect(sql(api.data['DATABASE_URL']!, asReplica)).rejects.toThrow('append-only');
    }
    tried('defaults audit', 6);
  });
});

describe('npm run migrate', () => {
  it('adds no tenants unless it is asked to', async () => {
    const database = await testDatabase();
    migrate({ DATABASE_URL: database.url });
    expect(await sql(database.url, 'SELECT id FROM tenants')).toEqual([]);
    tried('defaults settings', 1);
  });
});

describe('settings', () => {
  it('come from .env for every entry point, by one function', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const name of ['start', 'migrate', 'demo']) {
      const file = scripts[name]!.replace('node ', '');
      expect([name, readFileSync(join(root, file), 'utf8')]).toEqual([
        name,
        expect.stringContaining('readSettings()'),
      ]);
    }
    for (const name of ['main', 'worker']) {
      const source = readFileSync(join(root, 'apps', 'api', 'src', `${name}.ts`), 'utf8');
      expect([name, source]).toEqual([name, expect.stringContaining('readSettings()')]);
    }
    const readers = execFileSync('git', ['grep', '-lE', 'loadEnvFile|dotenv', '--', '*.ts', '*.mjs'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(
      readers
        .trim()
        .split('\n')
        .filter((path) => !path.includes('spec')),
    ).toEqual(['scripts/lib/settings.mjs']);
    tried('defaults settings', 5);
  });

  it('may stand in files, one secret each, and never in both places', () => {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const fromFiles = {
      ADMIN_API_KEY_FILE: file('key', `${ADMIN_KEY}\n`),
      DATABASE_URL_FILE: file('database', `${MINIMUM.DATABASE_URL}\n`),
      REDIS_URL_FILE: file('redis', MINIMUM.REDIS_URL),
      OPENAI_API_KEY_FILE: file('openai', 'sk-from-a-file'),
      JWT_SECRET_FILE: file('jwt', 'j'.repeat(40)),
    };
    expect(parseEnvironment(fromFiles)).toMatchObject({
      ...MINIMUM,
      OPENAI_API_KEY: 'sk-from-a-file',
      JWT_SECRET: 'j'.repeat(40),
    });
    for (const name of Object.keys(fromFiles)) {
      const variable = name.replace('_FILE', '');
      const wrong = [
        [{ ...fromFiles, [variable]: 'set too' }, `${variable} and ${name} are both set`],
        [{ ...fromFiles, [name]: join(folder, 'missing') }, 'cannot be read (ENOENT)'],
        [{ ...fromFiles, [name]: folder }, 'cannot be read (EISDIR)'],
        [{ ...fromFiles, [name]: file('empty', '\n') }, 'which is empty'],
      ] as const;
      for (const [source, said] of wrong) expect(() => parseEnvironment(source)).toThrow(said);
      tried('defaults settings', wrong.length);
    }
  });
});

const MINIMUM = {
  DATABASE_URL: 'postgresql://localhost/x',
  REDIS_URL: 'redis://localhost',
  ADMIN_API_KEY: ADMIN_KEY,
};
const LAST_MIGRATION = '20261101000100_guards';

async function started(settings: Record<string, string> = {}): Promise<TestApi> {
  const api = await startApi(settings);
  open.push(api);
  return api;
}

async function testDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  open.push({ close: () => database.drop() });
  return database;
}

/** The address that the audit log shows for a change. */
async function auditedAddress(api: TestApi, forwardedFor: string): Promise<string> {
  const headers = { 'x-admin-key': ADMIN_KEY, 'x-forwarded-for': forwardedFor };
  const answer = await api.send('PATCH', '/admin/tenants/tenant_test', headers, { tier: 'pro' });
  expect(answer.status).toBeLessThan(300);
  const entry = await api.prisma.auditEntry.findFirst({ orderBy: { id: 'desc' } });
  return entry!.address;
}

async function check(api: TestApi, name: string): Promise<unknown> {
  const { body } = await api.send('GET', '/health');
  return (body as { checks: { name: string }[] }).checks.find((one) => one.name === name);
}

/** Runs scripts/migrate.mjs as a container would; throws what it says. */
function migrate(env: Record<string, string>, ...args: string[]): void {
  const { PATH } = process.env;
  try {
    execFileSync(process.execPath, [join(root, 'scripts', 'migrate.mjs'), ...args], {
      env: { PATH, ...env },
      stdio: 'pipe',
    });
  } catch (error) {
    throw new Error(String((error as { stderr: Buffer }).stderr), { cause: error });
  }
}

function asRole(url: string, username: string, password: string): string {
  return Object.assign(new URL(url), { username, password }).href;
}

async function sql(url: string, statement: string, values?: unknown[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, values?.length ? values : undefined)).rows;
  } finally {
    await client.end();
  }
}
