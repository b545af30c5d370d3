import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { tried } from '../support/tried.js';

interface Route {
  readonly method: string;
  readonly path: string;
  /** Fields that its body must have. */
  readonly required?: readonly string[];
}

interface RequestBody {
  readonly content: Record<string, { schema: { $ref?: string } }>;
}

const MOST_BYTES = 8_192;
const METHODS = ['post', 'put', 'patch', 'delete'];
const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, { requestBody?: RequestBody }>>;
  components: { schemas: Record<string, { required?: string[] }> };
};
const ROUTES: Route[] = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]?.requestBody).map((method) => ({
    method: method.toUpperCase(),
    path: path
      .replace('{override_id}', '1')
      .replace('{id}', '1')
      .replaceAll(/\{[^}]+\}/g, 'tenant_test'),
    required: requiredOf(item[method]!.requestBody!),
  })),
);

function requiredOf({ content }: RequestBody): readonly string[] {
  const name = content['application/json']!.schema.$ref?.split('/').at(-1);
  return document.components.schemas[name ?? '']?.required ?? [];
}

/** JSON as it is sent: no object, then objects with more than any route knows what to do with. */
const NO_OBJECTS: Record<string, string> = {
  'an array of 254 KB': JSON.stringify(Array.from({ length: 20_000 }, () => ({ a: 12_345 }))),
  'an array of numbers': JSON.stringify(Array.from({ length: 50_000 }, () => 1)),
  'an empty array': '[]',
  'a text': '"text"',
  'a long text': JSON.stringify('x'.repeat(250_000)),
  'a number': '1e300',
  true: 'true',
  null: 'null',
};
const OBJECTS: Record<string, string> = {
  '20,000 unknown names': objectOf(20_000, (n) => `k${n}`),
  '1,000 unknown names': objectOf(1_000, (n) => `k${n}`),
  '1,000 long names': objectOf(1_000, (n) => `${n}${'n'.repeat(200)}`),
  'a name of 250 KB': objectOf(1, () => 'n'.repeat(250_000)),
  'a name of emoji': objectOf(1, () => '😀'.repeat(5_000)),
  'names of prototypes': '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
  'names of methods': objectOf(1, () => 'toString'),
  'a nest of objects': `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  'a nest of arrays': `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  'a wide array inside': JSON.stringify({ limits: Array.from({ length: 50_000 }, () => 1), tenant_id: 1 }),
  'an array of wrong elements': JSON.stringify({ limits: Array.from({ length: 900 }, () => ({})) }),
  'a wide record inside': `{"cost":${objectOf(20_000, (n) => `r${n}`)}}`,
  'a record of long names': `{"cost":${objectOf(60, (n) => `${n}${'r'.repeat(4_000)}`, '-1')}}`,
  'a long text': JSON.stringify({ query: 'x'.repeat(250_000), reason: 'x', model: 'm'.repeat(5_000) }),
  'wrong types': JSON.stringify({ query: {}, cost: [], delta: {}, tenant_id: [[]], name: 0, limits: 'x' }),
};

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ WORKER: 'off' });
});
afterAll(() => api.close());

async function send({ method, path }: Route, body: string) {
  const response = await fetch(api.url + path, {
    method,
    body,
    headers: { 'content-type': 'application/json', 'x-tenant-id': 'tenant_test', 'x-admin-key': ADMIN_KEY },
  });
  const text = await response.text();
  const {
    code,
    errors = [],
    detail,
  } = JSON.parse(text) as {
    code: string;
    errors?: { field: string; message: string }[];
    detail: string;
  };
  return { status: response.status, bytes: Buffer.byteLength(text), code, errors, detail };
}

describe('a body that is none of ours', () => {
  it('has many routes to be sent to', () => {
    expect(ROUTES.length).toBeGreaterThan(10);
  });

  it.each(ROUTES)('is refused first of all by $method $path where it is no object', async (route) => {
    for (const [name, body] of Object.entries(NO_OBJECTS)) {
      const { bytes, status, code, detail } = await send(route, body);
      expect({ name, status, code, detail }).toEqual({
        name,
        status: 400,
        code: 'invalid_request',
        detail: 'The body must be a JSON object, in braces.',
      });
      expect(bytes).toBeLessThan(1_000);
    }
    tried('validation', Object.keys(NO_OBJECTS).length);
  });

  it.each(ROUTES)('is refused by $method $path in few words', async (route) => {
    for (const [name, body] of Object.entries(OBJECTS)) {
      const { bytes, status, errors } = await send(route, body);
      expect({ name, isRefused: status >= 400 && status < 500 }).toEqual({ name, isRefused: true });
      expect({ name, isShort: bytes <= MOST_BYTES, count: errors.length <= 10 }).toEqual({
        name,
        isShort: true,
        count: true,
      });
      for (const error of errors) {
        expect(error.field.length).toBeLessThanOrEqual(200);
        expect(error.message.length).toBeLessThanOrEqual(200);
      }
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    tried('validation', Object.keys(OBJECTS).length);
  });

  const demanding = ROUTES.filter(({ required }) => required!.length > 0);
  it.each(demanding)('is refused by $method $path by the names of what it lacks', async (route) => {
    const required = route.required!;
    const bodies = [{}, Object.fromEntries(required.map((name) => [name, null]))];
    for (const body of bodies) {
      const { status, errors } = await send(route, JSON.stringify(body));
      expect(status).toBe(400);
      expect(new Set(errors.map(({ field }) => field))).toEqual(new Set(required));
    }
    tried('validation', bodies.length);
  });

  it('is answered in few bytes also where the path is long', async () => {
    const { bytes } = await send({ method: 'POST', path: `/${'a/'.repeat(5_000)}` }, '{}');
    expect(bytes).toBeLessThan(1_000);
    tried('validation', 1);
  });
});

function objectOf(count: number, name: (n: number) => string, value = '1'): string {
  return `{${Array.from({ length: count }, (_, n) => `${JSON.stringify(name(n))}:${value}`).join(',')}}`;
}
