import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { routesOf, type Route } from '../support/routes.js';
import { tried } from '../support/tried.js';

const HEADERS = { 'x-admin-key': ADMIN_KEY, 'x-tenant-id': 'tenant_test' };

// On busy cores a start alone may take long.
jest.setTimeout(180_000);

let api: TestApi;
let routes: Route[];

beforeAll(async () => {
  api = await startApi({ WORKER: 'off' });
  routes = routesOf();
});
afterAll(() => api.close());

async function ask({ method, path }: Route, query: string): Promise<{ status: number; text: string }> {
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const response = await fetch(`${api.url}${path.replaceAll(/\{[^}]+\}/g, '4711')}?${query}`, {
    method,
    headers: { ...HEADERS, ...(hasBody ? { 'content-type': 'application/json' } : {}) },
    body: hasBody ? '{}' : undefined,
  });
  return { status: response.status, text: await response.text() };
}

const UNKNOWN = [
  'nobody_knows_this=1',
  'dryrun=true',
  'dry_run[]=true',
  'DRY_RUN=true',
  'dry-run=true',
  'tenant_id.x=1',
  '__proto__=1',
  'constructor=1',
  '=1',
  'limit%00=1',
];

describe('every route', () => {
  it('refuses a query parameter that it does not have, and names it', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      for (const query of UNKNOWN) {
        const { status, text } = await ask(route, query);
        if (status !== 400 || !text.includes('invalid_request'))
          wrong.push(`${route.name}?${query}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    tried('unknown parameter', routes.length * UNKNOWN.length);
  });

  it('so do the pages and files at /docs, with everything else that is no route of a controller', async () => {
    const pages = ['/docs', '/docs/', '/docs/swagger-ui.css', '/docs/swagger-ui-init.js', '/openapi.json'];
    for (const path of pages) {
      for (const query of UNKNOWN) {
        const { status, text } = await ask({ name: path, method: 'GET', path } as Route, query);
        expect([path, query, status]).toEqual([path, query, 400]);
        expect(text).toContain('invalid_request');
      }
    }
    tried('unknown parameter', pages.length * UNKNOWN.length);
  });

  it('refuses one that it has when it is sent twice', async () => {
    const wrong: string[] = [];
    let inputs = 0;
    for (const route of routes) {
      for (const name of route.query) {
        inputs += 1;
        const { status, text } = await ask(route, `${name}=1&${name}=1`);
        if (status !== 400 || !text.includes('once')) wrong.push(`${route.name} ${name}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(inputs).toBeGreaterThan(30);
    tried('unknown parameter', inputs);
  });

  it('answers a HEAD as it answers the GET', async () => {
    const statuses = await Promise.all(
      ['/health?a=1', '/jobs?a=1', '/openapi.json?a=1', '/metrics?a=1'].map(
        async (path) => (await fetch(api.url + path, { method: 'HEAD', headers: HEADERS })).status,
      ),
    );
    expect(statuses).toEqual([400, 400, 400, 400]);
  });
});

describe('a precondition', () => {
  const CONDITIONS = {
    'if-match': '"1"',
    'if-none-match': '*',
    'if-modified-since': 'Wed, 21 Oct 2026 07:28:00 GMT',
    'if-unmodified-since': 'Wed, 21 Oct 2026 07:28:00 GMT',
    'if-range': '"1"',
  };

  it('that a route does not promise to honour is refused, never ignored', async () => {
    const wrong: string[] = [];
    let inputs = 0;
    for (const route of routes) {
      for (const [name, value] of Object.entries(CONDITIONS)) {
        if (route.headers.includes(name)) continue;
        inputs += 1;
        const hasBody = route.method !== 'GET' && route.method !== 'DELETE';
        const { status, body } = await api.send(
          route.method,
          route.path.replaceAll(/\{[^}]+\}/g, '4711'),
          { ...HEADERS, [name]: value },
          hasBody ? {} : undefined,
        );
        if (status !== 400 || !String(body?.detail).includes(name))
          wrong.push(`${route.name} ${name}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    tried('precondition', inputs);
  });

  it('is promised with 412, and with 304 for a read', () => {
    for (const { headers, statuses, method, name } of routes) {
      const isPromised = headers.includes('if-match');
      expect([name, headers.includes('if-none-match')]).toEqual([name, isPromised]);
      expect([name, statuses.includes(412)]).toEqual([name, isPromised]);
      expect([name, statuses.includes(304)]).toEqual([name, isPromised && method === 'GET']);
    }
  });
});
