import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createPrismaAdapter, PrismaClient, PrismaService } from 'fairshare/prisma';
import { parseEnvironment } from '../../apps/api/src/config/environment.js';
import { createApp } from '../../apps/api/src/create-app.js';
import { seed } from '../../prisma/seed.js';
import { Contract } from './conformance.js';
import { createTestDatabase } from './database.js';
import { testRedis } from './redis.js';

export const ADMIN_KEY = 'Vq7mZ2xLr9TtKf4wHc8nBs5y';

// A machine that is busy with other tests must not turn a decision into a 503.
const DEFAULTS = { ADMIN_API_KEY: ADMIN_KEY, LOG_LEVEL: 'fatal', PORT: '0', QUOTA_DEADLINE_MS: '5000' };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads whatever came
  readonly body: any;
}

export interface TestApi {
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** The settings that a second node needs to share its data. */
  readonly data: Record<string, string>;
  readonly prisma: PrismaService;
  send(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Answer>;
  query(tenantId: string, query: string, more?: object): Promise<Answer>;
  get(tenantId: string, path: string): Promise<Answer>;
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

/** Every answer that a story sees is held against it. */
let contract: Contract | undefined;

/** On a machine that is busy with other tests the service's own deadlines are too short for this. */
async function seedDemoTenants(url: string): Promise<void> {
  const patient = { url, maxConnections: 1, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };
  const prisma = new PrismaClient({ adapter: createPrismaAdapter(patient) });
  await seed(prisma).finally(() => prisma.$disconnect());
}

/** The service's own first connection, which a busy machine may take longer for than its deadline. */
async function connected(prisma: PrismaService): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    const isConnected = await prisma.$queryRaw`SELECT 1`.then(
      () => true,
      () => false,
    );
    if (isConnected) return;
  }
}

/** A whole API on a database and key prefix of its own, listening on a free port; `share` joins another one's data. */
export async function startApi(
  settings: Record<string, string> = {},
  share?: Record<string, string>,
): Promise<TestApi> {
  const own = share ? undefined : { redis: await testRedis(), database: await createTestDatabase() };
  const data = share ?? {
    DATABASE_URL: own!.database.url,
    REDIS_URL: own!.redis.url,
    REDIS_KEY_PREFIX: own!.redis.prefix.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 32),
  };
  const environment = parseEnvironment({ ...DEFAULTS, ...data, ...settings });
  const app = await createApp(environment);
  const prisma = app.get(PrismaService);
  await seedDemoTenants(environment.DATABASE_URL);
  await connected(prisma);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();

  const send: TestApi['send'] = async (method, path, headers = {}, body) => {
    const isText = typeof body === 'string';
    const response = await fetch(url + path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
    });
    const text = await response.text();
    contract ??= new Contract();
    contract.check({
      method,
      path,
      status: response.status,
      contentType: response.headers.get('content-type'),
      header: (name) => response.headers.get(name),
      body: text ? (JSON.parse(text) as unknown) : undefined,
    });
    return {
      status: response.status,
      headers: response.headers,
      body: text ? (JSON.parse(text) as unknown) : undefined,
    };
  };
  return {
    url,
    app,
    data,
    prisma,
    send,
    query: (tenantId, query, more = {}) =>
      send('POST', '/query', { 'x-tenant-id': tenantId }, { query, ...more }),
    get: (tenantId, path) => send('GET', path, { 'x-tenant-id': tenantId }),
    admin: (method, path, body) => send(method, path, { 'x-admin-key': ADMIN_KEY }, body),
    async close() {
      await app.close();
      await own?.redis.close();
      await own?.database.drop();
    },
  };
}
