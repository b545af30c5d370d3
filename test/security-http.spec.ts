import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemTypes } from '../apps/api/src/problems/problem.js';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';

let api: TestApi;
const TENANT = { 'x-tenant-id': 'tenant_test' };

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function ask(method: string, path: string, headers: Record<string, string> = TENANT, body?: string) {
  const response = await fetch(api.url + path, { method, headers, body });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text ? JSON.parse(text) : undefined) as Record<string, unknown>,
  };
}

/** What comes back for bytes that no client library would send. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (answer += part));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('a request that is none of ours', () => {
  it.each([
    ['GET', '/no/such/path', 404, 'not_found', '/openapi.json'],
    ['DELETE', '/query', 405, 'method_not_allowed', 'POST'],
    ['PUT', '/jobs/0a9ad2a4-0c5c-4b7f-8a2e-7d3f2a3ab1c4', 405, 'method_not_allowed', 'DELETE, GET'],
    ['POST', '/health', 405, 'method_not_allowed', 'GET'],
  ])('%s %s is a problem that says what to do', async (method, path, status, code, hint) => {
    const { body, headers, status: answered } = await ask(method, path);
    expect([answered, body.code, headers.get('content-type')]).toEqual([
      status,
      code,
      'application/problem+json; charset=utf-8',
    ]);
    expect(body.detail).toContain(hint);
    if (status === 405) expect(headers.get('allow')).toContain(hint);
  });

  it.each([
    ['malformed JSON', '{"query":', 'application/json', 400],
    ['an empty body', '', 'application/json', 400],
    ['a form', 'query=x', 'application/x-www-form-urlencoded', 415],
    ['text', 'query', 'text/plain', 415],
    ['XML', '<query/>', 'application/xml', 415],
    ['a body that is too large', JSON.stringify({ query: 'x'.repeat(300_000) }), 'application/json', 413],
    ['a poisoned prototype', '{"query":"x","__proto__":{"admin":true}}', 'application/json', 400],
    [
      'a poisoned constructor',
      '{"query":"x","constructor":{"prototype":{"admin":true}}}',
      'application/json',
      400,
    ],
    ['deep nesting', `{"query":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 'application/json', 400],
    ['an array', '[]', 'application/json', 400],
    ['null', 'null', 'application/json', 400],
    [
      'what nobody asked for',
      '{"query":"x","tenant_id":"tenant_big","tier":"enterprise"}',
      'application/json',
      400,
    ],
  ])('with %s is refused and spends nothing', async (_, body, type, status) => {
    const before = JSON.stringify((await api.get('tenant_test', '/quota/status')).body.limits);
    const answer = await ask('POST', '/query', { ...TENANT, 'content-type': type }, body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(JSON.stringify((await api.get('tenant_test', '/quota/status')).body.limits)).toBe(before);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('is refused before it is one: headers too large, and no HTTP at all', async () => {
    const large = await raw(`GET /health HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers_too_large"/);
    expect(await raw('EHLO there\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_request"/);
    const smuggled =
      'POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await raw(smuggled)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('every answer', () => {
  it.each(['/health', '/quota/status', '/no/such/path', '/openapi.json'])(
    'of %s says what browsers must not do with it',
    async (path) => {
      const { headers } = await ask('GET', path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  it('to a preflight of another origin allows nothing', async () => {
    const { headers } = await ask('OPTIONS', '/query', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('carries a request id of ours, whatever the caller sends', async () => {
    const { headers } = await ask('GET', '/health', { 'x-request-id': 'chosen', 'request-id': 'chosen' });
    expect(headers.get('x-request-id')).not.toBe('chosen');
  });
});

describe('a path that is written otherwise', () => {
  it.each([
    '/admin/audit',
    '/%61dmin/audit',
    '/admin%2Faudit',
    '//admin/audit',
    '/admin//audit',
    '/admin/audit/',
    '/ADMIN/audit',
    '/Admin/Audit',
    '/admin/./audit',
    '/x/../admin/audit',
    '/admin/..;/admin/audit',
    '/admin/audit;x=y',
    '/admin/audit%00',
    `/admin/audit?x-admin-key=${ADMIN_KEY}`,
    '/metrics',
    '/%6detrics',
  ])('%s lets no tenant through', async (path) => {
    const text = await raw(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: tenant_test\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 40[0-9] /);
    expect(text).not.toContain('entries');
  });
});

describe('problems', () => {
  it('have a page each, and no page has none', async () => {
    const codes = Object.keys(problemTypes).map((code) => `${code.replaceAll('_', '-')}.md`);
    const pages = (await readdir('docs/problems')).filter((name) => name !== 'README.md');
    expect(pages.sort()).toEqual(codes.sort());
    const index = await readFile('docs/problems/README.md', 'utf8');
    for (const [code, { status, title }] of Object.entries(problemTypes)) {
      const name = code.replaceAll('_', '-');
      const page = await readFile(`docs/problems/${name}.md`, 'utf8');
      expect(page).toContain(`# ${title}\n\n\`${code}\`, status ${status}\n`);
      expect(index).toContain(`(${name}.md)`);
    }
  });
});
