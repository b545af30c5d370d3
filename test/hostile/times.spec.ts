import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { tried } from '../support/tried.js';

type Json = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- a document is walked as it is

let api: TestApi;
let document: Json;
beforeAll(async () => {
  api = await startApi();
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as Json;
});
afterAll(() => api.close());

// All forms stand in is-timestamp.spec.ts; here one of each kind, for every field.
const NO_TIMES = [
  '2027-W01',
  '20261201T000000Z',
  '2026-330',
  '2027-011',
  '2027-01-01',
  '2026-12-01T00:00:00',
  '2026-12-01 00:00:00Z',
  '2026-02-30T00:00:00Z',
  '+010000-01-01T00:00:00Z',
  '1764547200000',
  'tomorrow',
  '',
];

const TIMES: Record<string, string> = {
  '2098-12-01T00:00:00Z': '2098-12-01T00:00:00.000Z',
  '2098-12-01t00:00:00.25z': '2098-12-01T00:00:00.250Z',
  '2098-12-01T01:30:00+02:30': '2098-11-30T23:00:00.000Z',
  '2098-12-01T00:00:00-00:00': '2098-12-01T00:00:00.000Z',
  '2096-02-29T00:00:00.123456789Z': '2096-02-29T00:00:00.123Z',
};

interface Field {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly name: string;
  readonly isQuery: boolean;
}

const resolve = (schema: Json): Json =>
  schema.$ref ? (document.components.schemas[(schema.$ref as string).split('/').at(-1)!] as Json) : schema;

/** Every time that a client can send, by the contract. */
function fields(): Field[] {
  return Object.entries(document.paths as Json).flatMap(([path, item]) =>
    Object.entries(item as Json).flatMap(([method, operation]: [string, Json]) => {
      const route = {
        route: `${method} ${path}`,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{[^}]+\}/g, '1'),
      };
      const query = ((operation.parameters ?? []) as Json[]).filter(
        (one) => one.in === 'query' && one.schema.format === 'date-time',
      );
      const body = resolve((operation.requestBody?.content?.['application/json']?.schema ?? {}) as Json);
      const inBody = Object.entries((body.properties ?? {}) as Json).filter(
        ([, one]: [string, Json]) => one.format === 'date-time',
      );
      return [
        ...query.map(({ name }) => ({ ...route, name: name as string, isQuery: true })),
        ...inBody.map(([name]) => ({ ...route, name, isQuery: false })),
      ];
    }),
  );
}

const send = ({ method, path, name, isQuery }: Field, value: unknown) => {
  const identity: Record<string, string> = path.startsWith('/admin')
    ? { 'x-admin-key': ADMIN_KEY }
    : { 'x-tenant-id': 'tenant_test' };
  const url = isQuery ? `${path}?${name}=${encodeURIComponent(String(value))}` : path;
  return api.send(method, url, identity, isQuery ? undefined : { [name]: value });
};

const blames = (body: Json, name: string) =>
  ((body.errors ?? []) as Json[]).some(({ field }) => field === name);

describe('a time', () => {
  it('is RFC 3339 with an offset in every body and query, or refused with 400', async () => {
    const all = fields();
    expect(all.length).toBeGreaterThanOrEqual(10);
    for (const field of all) {
      for (const value of field.isQuery
        ? NO_TIMES
        : [...NO_TIMES, 0, 1_764_547_200_000, true, null, {}, []]) {
        const { status, body } = await send(field, value);
        expect({ route: field.route, value, status, blamed: blames(body as Json, field.name) }).toEqual({
          route: field.route,
          value,
          status: 400,
          blamed: true,
        });
      }
      for (const value of Object.keys(TIMES)) {
        const { status, body } = await send(field, value);
        expect({ route: field.route, value, blamed: blames(body as Json, field.name) }).toEqual({
          route: field.route,
          value,
          blamed: false,
        });
        expect(status).toBeLessThan(500);
      }
    }
    tried('times', all.length * (NO_TIMES.length + Object.keys(TIMES).length));
  });

  it('means the same moment whatever its offset, wherever the server stands', async () => {
    for (const [written, moment] of Object.entries(TIMES)) {
      const made = await api.admin('POST', '/admin/tenants/tenant_123/overrides', {
        limit: 'queries_hourly',
        value: 7,
        reason: 'times',
        starts_at: written,
      });
      expect({ written, status: made.status, moment: made.body.starts_at }).toEqual({
        written,
        status: 201,
        moment,
      });
    }
    tried('times', Object.keys(TIMES).length);
  });
});
