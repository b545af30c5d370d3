import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApp } from '../apps/api/src/create-app.js';
import { parseEnvironment } from '../apps/api/src/config/environment.js';
import { createDocument } from '../apps/api/src/openapi/document.js';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';
import { Contract } from './support/conformance.js';

interface Operation {
  readonly responses: object;
  readonly security?: unknown;
  readonly summary?: string;
}

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe('the contract', () => {
  it('in docs/openapi.json is current: npm run generate:openapi', async () => {
    const kept: unknown = JSON.parse(await readFile('docs/openapi.json', 'utf8'));
    expect(kept).toEqual(JSON.parse(JSON.stringify(createDocument(api.app))));
  });

  it('is served at /openapi.json, to anyone', async () => {
    const served = await fetch(`${api.url}/openapi.json`);
    expect(served.status).toBe(200);
    expect(await served.json()).toMatchObject({ openapi: '3.1.0', info: { title: 'Fairshare' } });
  });

  it('knows every route that there is', async () => {
    const routes: string[] = [];
    const app = await createApp(
      parseEnvironment({ ...api.data, ADMIN_API_KEY: ADMIN_KEY, LOG_LEVEL: 'fatal', WORKER: 'off' }),
    );
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRoute', ({ method, url }) => {
        for (const one of [method].flat())
          if (one !== 'HEAD' && one !== 'OPTIONS') routes.push(`${one} ${url}`);
      });
    await app.init();
    const { paths } = new Contract().document;
    await app.close();
    const known = Object.entries(paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`),
    );
    const served = new Set(
      routes.filter((route) => !route.endsWith('/openapi.json') && !route.endsWith('*')),
    );
    expect([...served].sort()).toEqual([...new Set(known)].sort());
  });

  it('says of every operation who may call it, how it succeeds and how it can fail', () => {
    const { paths } = new Contract().document;
    for (const [path, item] of Object.entries(paths as Record<string, Record<string, Operation>>)) {
      for (const [method, operation] of Object.entries(item)) {
        const where = `${method} ${path}`;
        const statuses = Object.keys(operation.responses).map(Number);
        expect([where, Array.isArray(operation.security)]).toEqual([where, true]);
        expect([where, statuses.some((status) => status < 300), statuses.includes(500)]).toEqual([
          where,
          true,
          true,
        ]);
        expect([where, typeof operation.summary]).toEqual([where, 'string']);
        const isAdmin = path.startsWith('/admin') || path === '/metrics';
        expect([where, 'x-required-role' in operation]).toEqual([where, isAdmin]);
      }
    }
  });
});
