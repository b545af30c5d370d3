import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SINGLE_HEADERS } from '../../apps/api/src/http/single-headers.js';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { Contract } from '../support/conformance.js';
import { type Route, routesOf } from '../support/routes.js';
import { limitOf, newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

let api: TestApi;
let routes: Route[];
beforeAll(async () => {
  api = await startApi({ FREE_REQUEST_LIMITS: 'false', WORKER: 'off' });
  routes = routesOf();
});
afterAll(() => api.close());

type Headers = readonly (readonly [name: string, value: string])[];

interface Sent {
  readonly status: number;
  readonly body: { readonly detail?: string; readonly errors?: readonly { readonly field: string }[] };
}

/** By Node's own client: it sends bytes as they are, a header twice, and a DELETE with any framing. */
function send(method: string, path: string, headers: Headers, body?: string): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const host = ['Host', new URL(api.url).host];
    const length =
      body === undefined || /chunked/.test(String(headers)) ? [] : ['Content-Length', String(body.length)];
    const all = [...host, ...length, ...headers.flat()];
    const sent = request(api.url + path, { method, headers: all }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () =>
        resolve({ status: answer.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : {} }),
      );
    });
    sent.on('error', reject);
    // Not a string: Node would write the headers in the encoding of the body.
    sent.end(body === undefined ? undefined : Buffer.from(body));
  });
}

/** A path of the route where nothing is. */
const nowhere = ({ path }: Pick<Route, 'path'>) =>
  path
    .replace('{tenantId}', 'nobody')
    .replace('{name}', 'nothing')
    .replace('{id}', path.startsWith('/jobs') ? randomUUID() : '2147483647');

const identity = (path: string): Headers =>
  path.startsWith('/admin') ? [['X-Admin-Key', ADMIN_KEY]] : [['X-Tenant-ID', 'tenant_big']];

const json = ['Content-Type', 'application/json'] as const;
const inUtf8 = (text: string) => Buffer.from(text).toString('latin1');

/** Sends the route these headers in addition, and an empty object where it has a body. */
function sendTo(route: Pick<Route, 'method' | 'path'>, headers: Headers, path = nowhere(route)) {
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(route.method);
  const all = [...identity(path), ...headers, ...(hasBody ? [json] : [])];
  return send(route.method, path, all, hasBody ? '{}' : undefined);
}

describe('a header that has one value', () => {
  it('is refused when it comes twice, on every route', async () => {
    for (const route of routes) {
      for (const name of SINGLE_HEADERS) {
        const twice = [
          [name, 'a'],
          [name.toUpperCase(), 'a'],
        ] as const;
        const { status, body } = await send(route.method, nowhere(route), twice);
        expect({ route: route.name, name, status }).toEqual({ route: route.name, name, status: 400 });
        if (route.method !== 'HEAD') expect(body.detail).toContain(`${name} was sent 2 times`);
      }
    }
    tried('header forms', routes.length * SINGLE_HEADERS.length);
  });
});

describe('a DELETE without a body', () => {
  const TYPES = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense', ''];
  const FRAMES: Headers[] = [[], [['Content-Length', '0']], [['Transfer-Encoding', 'chunked']]];

  it('is fine with any Content-Type, on every route', async () => {
    const deletes = routes.filter(({ method }) => method === 'DELETE');
    expect(deletes.length).toBeGreaterThan(5);
    for (const route of deletes) {
      const path = nowhere(route);
      for (const frame of FRAMES) {
        for (const type of [undefined, ...TYPES]) {
          const typed: Headers = type === undefined ? [] : [['Content-Type', type]];
          const { status } = await send('DELETE', path, [...identity(path), ...typed, ...frame]);
          expect({ route: route.name, type, frame, status }).toEqual({
            route: route.name,
            type,
            frame,
            status: 404,
          });
        }
      }
    }
    tried('header forms', deletes.length * FRAMES.length * (TYPES.length + 1));
  });

  it('is still read where it has one', async () => {
    const headers = [...identity('/jobs'), json, ['Transfer-Encoding', 'chunked']] as const;
    expect((await send('DELETE', `/jobs/${randomUUID()}`, headers, '{"broken')).status).toBe(400);
    tried('header forms', 1);
  });
});

describe('an Idempotency-Key', () => {
  const BAD = [
    '',
    '"',
    '""',
    '"a',
    'a"b',
    'a"',
    'a,b',
    '"a", "b"',
    '"a";p=1',
    '"a\\b"',
    'é',
    '"é"',
    'a\tb',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
  ];

  it('is a String or bare text, or is refused before anything is done, on every route that takes one', async () => {
    const keyed = routes.filter(({ headers }) => headers.includes('idempotency-key'));
    expect(keyed.length).toBeGreaterThanOrEqual(4);
    for (const route of keyed) {
      const path = nowhere({ path: route.path.replace('{tenantId}', 'tenant_big') });
      for (const key of BAD) {
        const sendable = key === 'é' || key === '"é"' ? inUtf8(key) : key;
        const body = route.path === '/query' ? '{"query":"x"}' : '{"delta":1}';
        const headers = [...identity(path), ['Idempotency-Key', sendable], json] as const;
        const answer = await send(route.method, path, headers, route.method === 'DELETE' ? undefined : body);
        expect({ route: route.name, key, status: answer.status }).toEqual({
          route: route.name,
          key,
          status: 400,
        });
        expect(answer.body.detail).toContain('Idempotency-Key');
      }
    }
    tried('header forms', keyed.length * BAD.length);
  });

  it('is the same key with quotes and without', async () => {
    const tenant = await newTenant(api);
    const forms = ['k\\e-y', '"k\\\\e-y"', ' k\\e-y ', '"k\\\\e-y" '];
    for (const key of forms) {
      const headers = [['X-Tenant-ID', tenant], ['Idempotency-Key', key], json] as const;
      expect((await send('POST', '/query', headers, '{"query":"once"}')).status).toBe(200);
    }
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1 });
    tried('header forms', forms.length);
  });
});

describe('the header Prefer', () => {
  it('is a list of preferences, or is refused before anything is spent', async () => {
    const tenant = await newTenant(api);
    const bad = ['wait=', 'wait==5', 'wait 5', '=5', 'wait="5', 'a=(1)', 'wait=5 6', inUtf8('wait=５')];
    for (const prefer of bad) {
      const headers = [['X-Tenant-ID', tenant], ['Prefer', prefer], json] as const;
      const { status, body } = await send('POST', '/query', headers, '{"query":"x"}');
      expect({ prefer, status }).toEqual({ prefer, status: 400 });
      expect(body.detail).toContain('Prefer');
    }
    expect(await limitOf(api, tenant)).toMatchObject({ used: 0 });
    const several = [['X-Tenant-ID', tenant], ['Prefer', 'a="x, y"; b'], ['Prefer', 'wait=1'], json] as const;
    expect((await send('POST', '/query', several, '{"query":"x"}')).status).toBe(200);
    tried('header forms', bad.length + 1);
  });
});

describe('the headers If-Match and If-None-Match', () => {
  const BAD = ['', '"17', 'w/"1"', '*,*', '"1" "2"', '"a b"'];

  it('are * or a list of ETags, or are refused and nothing is changed, on every route that takes them', async () => {
    const tenant = await newTenant(api);
    const override = await api.admin('POST', `/admin/tenants/${tenant}/overrides`, {
      limit: 'queries_hourly',
      value: 5,
      reason: 'forms',
    });
    await api.admin('PUT', '/admin/models/forms', MODEL);
    const guarded = routes.filter(({ headers }) => headers.includes('if-match'));
    expect(guarded.length).toBeGreaterThan(8);
    for (const route of guarded) {
      const path = route.path
        .replace('{tenantId}', tenant)
        .replace('{id}', String(override.body.id))
        .replace('{name}', route.path.includes('models') ? 'forms' : 'free');
      const body = JSON.stringify(BODIES[`${route.method} ${route.path}`]?.(tenant) ?? {});
      for (const name of ['If-Match', 'If-None-Match']) {
        for (const tags of BAD) {
          const headers = [...identity(path), [name, tags], json] as const;
          const answer = await send(route.method, path, headers, /^P/.test(route.method) ? body : undefined);
          expect({ route: route.name, name, tags, status: answer.status }).toEqual({
            route: route.name,
            name,
            tags,
            status: 400,
          });
          expect(answer.body.detail).toContain(`${name} must be * or ETags`);
        }
      }
    }
    expect((await api.admin('GET', `/admin/tenants/${tenant}`)).status).toBe(200);
    tried('header forms', guarded.length * 2 * BAD.length);
  });

  it('are one list when they come in several lines', async () => {
    const { headers } = await api.admin('GET', '/admin/tiers/free');
    const admin = identity('/admin');
    const other = [['If-None-Match', '"x", ,W/"y"']] as const;
    const own = ['If-None-Match', headers.get('etag')!] as const;
    expect((await send('GET', '/admin/tiers/free', [...admin, ...other])).status).toBe(200);
    expect((await send('GET', '/admin/tiers/free', [...admin, ...other, own])).status).toBe(304);
    tried('header forms', 2);
  });
});

const MODEL = {
  context_window: 10,
  input_micro_units_per_token: 1,
  output_micro_units_per_token: 1,
  minimum_units: 1,
};

/** What passes the check of the body, so that the precondition is what is refused. */
const BODIES: Record<string, (tenant: string) => object> = {
  'PUT /admin/models/{name}': () => MODEL,
  'PATCH /admin/tenants/{tenantId}': () => ({ weight: 2 }),
  'PATCH /admin/tenants/{tenantId}/overrides/{id}': () => ({ value: 6 }),
  'PATCH /admin/tiers/{name}': () => ({ weight: 1 }),
  'POST /admin/quota/update': (tenant) => ({ tenant_id: tenant, tier: 'pro' }),
};

describe('the header X-Tenant-ID', () => {
  it('is matched in UTF-8 and in either Unicode form, or clearly refused, on every route of tenants', async () => {
    const name = `café-${randomUUID()}`;
    await api.prisma.tenant.create({ data: { id: name, tierName: 'enterprise' } });
    const bad: [string, RegExp][] = [
      [name, /UTF-8/],
      ['\u00ff', /UTF-8/],
      [encodeURIComponent(name), /percent-encoded/],
      ['', /is no tenant id/],
      ['*', /is no tenant id/],
      ['..', /is no tenant id/],
      [inUtf8('a\u200bb'), /is no tenant id/],
      ['x'.repeat(129), /is no tenant id/],
    ];
    const ofTenants = routes.filter(({ path }) => /^\/(query$|jobs|quota)/.test(path));
    expect(ofTenants.length).toBeGreaterThan(6);
    for (const route of ofTenants) {
      const path = nowhere(route);
      const ask = (header: string) => {
        const hasBody = ['POST', 'PUT'].includes(route.method);
        const headers = [['X-Tenant-ID', header], json] as const;
        return send(route.method, path, headers, hasBody ? '{}' : undefined);
      };
      for (const [header, why] of bad) {
        const { status, body } = await ask(header);
        expect({ route: route.name, header, status }).toEqual({ route: route.name, header, status: 401 });
        if (route.method !== 'HEAD') expect(body.detail).toMatch(why);
      }
      const statuses = [];
      for (const form of ['NFC', 'NFD']) statuses.push((await ask(inUtf8(name.normalize(form)))).status);
      expect({ route: route.name, statuses }).toEqual({
        route: route.name,
        statuses: [statuses[0], statuses[0]],
      });
      expect(statuses[0]).not.toBe(401);
    }
    tried('header forms', ofTenants.length * (bad.length + 2));
  });
});

describe('the RateLimit headers', () => {
  const MEMBER = String.raw`"[^"\\]*"(?:;[a-z][a-z0-9]*(?:=(?:\d{1,15}|"[^"\\]*"))?)*`;
  const LIST = new RegExp(`^${MEMBER}(?:, ${MEMBER})*$`);

  it('have integers of 15 digits at most, and say where there is no limit, as the body does', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    for (const [value, said] of [
      [999_999_999_999_999, '"storage_bytes";q=999999999999999,'],
      [1_000_000_000_000_000, '"storage_bytes";q=999999999999999,'],
      [most, '"storage_bytes";q=999999999999999;unlimited,'],
    ] as const) {
      const tenant = await newTenant(api, { storage_bytes: value });
      const { headers } = await api.query(tenant, 'x');
      expect(headers.get('ratelimit-policy')).toMatch(LIST);
      expect(headers.get('ratelimit')).toMatch(LIST);
      expect(`${headers.get('ratelimit-policy')},`).toContain(said);
      expect(headers.get('ratelimit')).toContain('"storage_bytes";r=999999999999999');
      expect(await limitOf(api, tenant, 'storage_bytes')).toMatchObject({
        limit: value,
        unlimited: value === most,
        refill: null,
      });
    }
    tried('header forms', 3);
  });

  it('announce the burst of a bucket and how it comes back', async () => {
    const made = await api.admin('POST', '/admin/limits', {
      name: 'queries_burst',
      resource: 'queries',
      kind: 'bucket',
      period: 'minute',
    });
    expect(made.status).toBe(201);
    const tier = `buckets-${randomUUID().slice(0, 8)}`;
    const limits = { queries_burst: { value: 60, burst: 10 } };
    expect((await api.admin('POST', '/admin/tiers', { name: tier, queue_depth: 1, limits })).status).toBe(
      201,
    );
    const tenant = `t-${randomUUID()}`;
    await api.admin('POST', '/admin/tenants', { id: tenant, tier });
    const { headers } = await api.query(tenant, 'x');
    expect(headers.get('ratelimit-policy')).toContain('"queries_burst";q=10;w=10;refill=60;per=60');
    expect(headers.get('ratelimit-policy')).toContain('"tokens";q=999999999999999;unlimited');
    expect(await limitOf(api, tenant, 'queries_burst')).toMatchObject({
      limit: 10,
      unlimited: false,
      refill: { units: 60, per: 'minute' },
    });
    tried('header forms', 1);
  });
});

describe('a number in a query or a path', () => {
  const NO_INTEGERS = ['0x10', '1e1', ' 5', '5 ', '+5', '５', '05', '5.0', '1_0', '٥', 'Infinity', '-5', ''];
  const NO_FRACTIONS = ['0x0', '1e-1', ' 0.5', '+0.5', '.5', '0.', '00.5', '0,5', '-0.5', 'NaN', ''];

  it('is plain digits, on every route', async () => {
    const numbers = numericParameters();
    expect(numbers.length).toBeGreaterThanOrEqual(8);
    for (const { route, path, name, isInteger } of numbers) {
      const forms = isInteger ? NO_INTEGERS : NO_FRACTIONS;
      for (const form of forms) {
        const { status, body } = await send(
          'GET',
          `${path}?${name}=${encodeURIComponent(form)}`,
          identity(path),
        );
        const blamed = body.errors?.some(({ field }) => field === name);
        expect({ route, name, form, status, blamed }).toEqual({
          route,
          name,
          form,
          status: 400,
          blamed: true,
        });
      }
      expect((await send('GET', `${path}?${name}=1`, identity(path))).status).toBe(200);
    }
    tried('header forms', numbers.length * NO_INTEGERS.length);
  });

  it('names a row by plain digits only', async () => {
    const rows = routes.filter(
      ({ path }) => path.startsWith('/admin') && /(keys|overrides)\/\{id\}/.test(path),
    );
    expect(rows.length).toBeGreaterThan(3);
    for (const route of rows) {
      for (const form of ['0x1', '1e0', '%201', '01', '+1', '%EF%BC%91', '1.0', '-1', '0']) {
        const path = nowhere({ path: route.path.replace('{id}', form) });
        const { status } = await sendTo(route, [], path);
        expect({ route: route.name, form, status: [400, 404].includes(status) }).toEqual({
          route: route.name,
          form,
          status: true,
        });
      }
    }
    tried('header forms', rows.length * 9);
  });
});

interface NumericParameter {
  readonly route: string;
  readonly path: string;
  readonly name: string;
  readonly isInteger: boolean;
}

function numericParameters(): NumericParameter[] {
  const paths = new Contract().document.paths as Record<string, Record<string, Operation>>;
  return Object.entries(paths).flatMap(([path, { get }]) =>
    (get?.parameters ?? [])
      .filter((one) => one.in === 'query' && ['integer', 'number'].includes(one.schema.type))
      .map(({ name }) => ({ route: `GET ${path}`, path, name, isInteger: name !== 'above' })),
  );
}

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: { readonly type: string };
  }[];
}
