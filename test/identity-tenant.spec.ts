import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { startApi, type TestApi } from './support/api.js';

const SECRET = 'a secret of more than thirty-two characters';
const status = (api: TestApi, headers: Record<string, string>) => api.send('GET', '/quota/status', headers);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('an API key', () => {
  let api: TestApi;
  let other: TestApi;

  beforeAll(async () => {
    api = await startApi({ TENANT_AUTH: 'token' });
    other = await startApi({ TENANT_AUTH: 'token' }, api.data);
  });
  afterAll(async () => {
    await other.close();
    await api.close();
  });

  const make = async (tenantId = 'tenant_test', more: object = {}) => {
    const made = await api.admin('POST', `/admin/tenants/${tenantId}/api-keys`, { name: 'try', ...more });
    expect(made.status).toBe(201);
    return made.body as { id: number; key: string; prefix: string };
  };

  it('is its tenant, on every node, and is shown once', async () => {
    const { key, prefix } = await make();
    for (const node of [api, other]) {
      expect(await status(node, bearer(key))).toMatchObject({
        status: 200,
        body: { tenant_id: 'tenant_test' },
      });
    }
    expect(key).toMatch(/^fsk_[\w-]{43}$/);
    const { keys } = (await api.admin('GET', '/admin/tenants/tenant_test/api-keys')).body;
    expect(keys.at(-1)).toMatchObject({ prefix, name: 'try', revoked_at: null });
    const audit = await api.prisma.auditEntry.findMany({ select: { after: true } });
    const kept = JSON.stringify([keys, await api.prisma.apiKey.findMany(), audit]);
    expect(kept).not.toContain(key.slice(13));
  });

  it('ends on every node at once when it is revoked', async () => {
    const { id, key } = await make();
    expect((await status(other, bearer(key))).status).toBe(200);
    expect((await api.admin('DELETE', `/admin/tenants/tenant_test/api-keys/${id}`)).status).toBe(204);
    expect((await status(api, bearer(key))).status).toBe(401);
    while ((await status(other, bearer(key))).status !== 401);
    expect((await api.admin('DELETE', `/admin/tenants/tenant_test/api-keys/${id}`)).status).toBe(409);
    expect((await api.admin('DELETE', `/admin/tenants/tenant_123/api-keys/${id}`)).status).toBe(404);
  });

  it('ends by itself', async () => {
    const { id, key } = await make('tenant_123', {
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect((await status(api, bearer(key))).status).toBe(200);
    await api.prisma.apiKey.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } });
    const refused = await status(other, bearer(key));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="fairshare"');
  });

  it('of a suspended tenant is known, and refused', async () => {
    const { key } = await make('tenant_big');
    await api.prisma.tenant.update({ where: { id: 'tenant_big' }, data: { status: 'suspended' } });
    expect(await status(other, bearer(key))).toMatchObject({
      status: 403,
      body: { code: 'tenant_suspended' },
    });
  });

  it('agrees with X-Tenant-ID or is refused; the header alone is not believed', async () => {
    const { key } = await make();
    expect((await status(api, { ...bearer(key), 'x-tenant-id': 'tenant_test' })).status).toBe(200);
    expect(await status(api, { ...bearer(key), 'x-tenant-id': 'tenant_123' })).toMatchObject({
      status: 401,
      body: { detail: 'Authorization and X-Tenant-ID name different tenants; send one of them.' },
    });
    expect((await status(api, { 'x-tenant-id': 'tenant_test' })).status).toBe(401);
    expect((await status(api, {})).status).toBe(401);
  });

  it('counts for nothing when two of them are sent', async () => {
    const [{ key: one }, { key: two }] = [await make('tenant_test'), await make('tenant_123')];
    const { hostname, port } = new URL(api.url);
    const request = rawRequest({ hostname, port, path: '/quota/status' });
    request.setHeader('authorization', [`Bearer ${one}`, `Bearer ${two}`]);
    request.end();
    const [answer] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(400);
  });

  it.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer two words', 'fsk_abc'])(
    'is sent as a bearer token: %s',
    async (text) => {
      expect((await status(api, { authorization: text })).body.detail).toContain(
        'Authorization must be: Bearer',
      );
    },
  );

  it('that is wrong makes its address wait after ten', async () => {
    const node = await startApi({ TENANT_AUTH: 'token' }, api.data);
    const seen: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1)
      seen.push((await status(node, bearer(`fsk_guess${attempt}`))).status);
    expect(seen).toEqual([...Array<number>(10).fill(401), 429, 429]);
    expect((await status(node, bearer((await make()).key))).status).toBe(200);
    await node.close();
  });
});

describe('a JWT signed with the shared secret', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startApi({
      TENANT_AUTH: 'token',
      JWT_SECRET: SECRET,
      JWT_ISSUER: 'https://idp',
      JWT_AUDIENCE: 'fairshare',
    });
  });
  afterAll(() => api.close());

  const claims: JWTPayload = { tenant_id: 'tenant_test', iss: 'https://idp', aud: 'fairshare' };
  const sign = (payload: JWTPayload, { secret = SECRET, expires = '5m', alg = 'HS256' } = {}) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg })
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(secret));

  it('is the tenant that its claim names', async () => {
    expect(await status(api, bearer(await sign(claims)))).toMatchObject({
      status: 200,
      body: { tenant_id: 'tenant_test' },
    });
  });

  it('is refused where anything of it is wrong', async () => {
    const other = 'another secret of more than thirty-two characters';
    const wrong: readonly [string, string][] = [
      ['signature', await sign(claims, { secret: other })],
      ['algorithm', await sign(claims, { alg: 'HS512' })],
      ['signature', new UnsecuredJWT(claims).setExpirationTime('5m').encode()],
      ['expired', await sign(claims, { expires: '1 minute ago' })],
      ['claim aud', await sign({ ...claims, aud: 'elsewhere' })],
      ['claim iss', await sign({ ...claims, iss: 'https://evil' })],
      ['claim tenant_id', await sign({ ...claims, tenant_id: undefined })],
      ['claim tenant_id', await sign({ ...claims, tenant_id: 7 })],
      ['No tenant here', await sign({ ...claims, tenant_id: 'nobody' })],
      [
        'claim exp',
        await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET)),
      ],
    ];
    for (const [why, token] of wrong) {
      const { status: code, body } = await status(api, bearer(token));
      expect([why, code, body.detail.includes(why)]).toEqual([why, 401, true]);
    }
  });
});

describe('a JWT signed with a key of a JWKS', () => {
  let api: TestApi;
  let idp: Server;
  let sign: (payload: JWTPayload) => Promise<string>;
  let isIdpUp = true;

  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }];
    idp = createServer((_, response) => {
      response.statusCode = isIdpUp ? 200 : 500;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    idp.listen(0, '127.0.0.1');
    await once(idp, 'listening');
    sign = (payload) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setExpirationTime('5m')
        .sign(privateKey);
    const { port } = idp.address() as { port: number };
    api = await startApi({ JWT_JWKS_URL: `http://127.0.0.1:${port}/keys`, JWT_TENANT_CLAIM: 'org' });
  });
  afterAll(async () => {
    await api.close();
    idp.close();
  });

  it('answers 503, and not 401, while the keys cannot be had', async () => {
    isIdpUp = false;
    const refused = await status(api, bearer(await sign({ org: 'tenant_123' })));
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    isIdpUp = true;
  });

  it('is the tenant that its claim names; a secret-signed one is nothing', async () => {
    expect(await status(api, bearer(await sign({ org: 'tenant_123' })))).toMatchObject({
      status: 200,
      body: { tenant_id: 'tenant_123' },
    });
    const forged = await new SignJWT({ org: 'tenant_123' })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(SECRET));
    expect((await status(api, bearer(forged))).status).toBe(401);
  });
});
