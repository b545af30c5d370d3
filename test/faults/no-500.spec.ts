import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { Contract } from '../support/conformance.js';
import { databaseProxy } from '../support/database.js';
import { exampleOf } from '../support/example-body.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { type OwnRedis, startRedis } from '../support/redis.js';
import { type Route, routesOf } from '../support/routes.js';
import { exhaustedTenant, newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

jest.setTimeout(120_000);

const ROLE = `no500_${randomUUID().replaceAll('-', '')}`;

let redis: OwnRedis;
let redisProxy: FaultProxy;
let database: FaultProxy;
let owner: TestApi;
let node: TestApi;
let sql: pg.Client;
let tenantId: string;
let jobId: string;

beforeAll(async () => {
  redis = await startRedis();
  redisProxy = new FaultProxy({ host: '127.0.0.1', port: redis.port });
  owner = await startApi({ REDIS_URL: redis.url, WORKER: 'off' });
  const { DATABASE_URL: url } = owner.data;
  sql = new pg.Client({ connectionString: url });
  await sql.connect();
  await sql.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${ROLE}'`);
  await sql.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${ROLE}`);
  await sql.query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${ROLE}`);
  const proxied = await databaseProxy(url!);
  database = proxied.proxy;
  const asRole = new URL(proxied.url);
  asRole.username = asRole.password = ROLE;
  node = await startApi(
    {
      DATABASE_URL: asRole.href,
      REDIS_URL: `redis://127.0.0.1:${await redisProxy.start()}`,
      WORKER: 'off',
      QUOTA_CACHE_TTL_MS: '100',
      QUOTA_DEADLINE_MS: '1000',
      MAX_WAIT_SECONDS: '1',
    },
    owner.data,
  );
});
afterAll(async () => {
  await node.close();
  await Promise.all([database.stop(), redisProxy.stop()]);
  await sql.query(`DROP OWNED BY ${ROLE}`);
  await sql.query(`DROP ROLE ${ROLE}`);
  await sql.end();
  await owner.close();
  await redis.close();
});

async function endConnections(): Promise<void> {
  await sql.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [ROLE]);
}

interface Fault {
  readonly name: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

const pass = async (proxy: FaultProxy) => {
  proxy.fault = { kind: 'pass' };
  proxy.cut();
};

const FAULTS: readonly Fault[] = [
  {
    name: 'PostgreSQL is read-only',
    begin: () => sql.query(`ALTER ROLE ${ROLE} SET default_transaction_read_only = on`).then(endConnections),
    end: () => sql.query(`ALTER ROLE ${ROLE} RESET default_transaction_read_only`).then(endConnections),
  },
  {
    name: 'PostgreSQL has no connection left',
    begin: () => sql.query(`ALTER ROLE ${ROLE} CONNECTION LIMIT 0`).then(endConnections),
    end: () => sql.query(`ALTER ROLE ${ROLE} CONNECTION LIMIT -1`),
  },
  {
    name: 'PostgreSQL answers nothing',
    begin: async () => (database.fault = { kind: 'blackhole' }),
    end: () => pass(database),
  },
  {
    name: 'PostgreSQL resets its connections',
    begin: async () => (database.fault = { kind: 'reset' }),
    end: () => pass(database),
  },
  {
    name: 'Redis answers nothing',
    begin: async () => (redisProxy.fault = { kind: 'blackhole' }),
    end: () => pass(redisProxy),
  },
  {
    name: 'Redis resets its connections',
    begin: async () => (redisProxy.fault = { kind: 'reset' }),
    end: () => pass(redisProxy),
  },
];

/** One that may work but for the fault: it names what there is, and has the body that the contract shows. */
async function ask({ method, path }: Route, contract: Contract): Promise<Response> {
  const body = exampleOf(contract.document, method, path);
  const there = path
    .replace(/\{(job_?id)\}/i, jobId)
    .replace('/jobs/{id}', `/jobs/${jobId}`)
    .replace(/\{tenant_?id\}/i, tenantId)
    .replace('/tenants/{id}', `/tenants/${tenantId}`)
    .replaceAll(/\{[^}]+\}/g, '1');
  const response = await fetch(node.url + there, {
    method,
    headers: {
      'x-admin-key': ADMIN_KEY,
      'x-tenant-id': tenantId,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  await response.body?.cancel();
  return response;
}

/** What is wrong with an answer that is given in a fault. */
function wrongOf({ name }: Route, { status, headers }: Response): string | undefined {
  if (status === 503) {
    const isReadiness = name === 'GET /health/ready';
    if (!(Number(headers.get('retry-after')) >= 1)) return `${name}: 503 without Retry-After`;
    if (!isReadiness && !headers.get('content-type')?.includes('application/problem+json'))
      return `${name}: 503 that is no problem`;
    return undefined;
  }
  return status >= 500 ? `${name}: ${status}` : undefined;
}

async function isWell(): Promise<boolean> {
  const id = await newTenant(owner);
  const answers = [
    await node.query(id, 'is all well'),
    await node.admin('POST', '/admin/quota/update', {
      tenant_id: id,
      limits: { queries_hourly: 5 },
    }),
  ];
  return answers.every(({ status }) => status < 300);
}

describe.each(FAULTS)('while $name', ({ begin, end }) => {
  it('no route answers 500, and every 503 says when to come back; all is well after it', async () => {
    const contract = new Contract();
    const routes = routesOf();
    tenantId = await exhaustedTenant(owner);
    jobId = (await owner.query(tenantId, 'waits')).body.job_id as string;
    await begin();
    const answers: Response[] = [];
    try {
      answers.push(...(await Promise.all(routes.map((route) => ask(route, contract)))));
    } finally {
      await end();
    }
    const wrong = answers.map((answer, index) => wrongOf(routes[index]!, answer)).filter(Boolean);
    expect(wrong).toEqual([]);
    expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(5);
    while (!(await isWell())) await pause(50);
    tried('no 500', routes.length);
  });
});
