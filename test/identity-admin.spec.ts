import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from './support/api.js';

let api: TestApi;
let other: TestApi;

beforeAll(async () => {
  api = await startApi();
  other = await startApi({}, api.data);
});
afterAll(async () => {
  await other.close();
  await api.close();
});

const as = (key: string, method: string, path: string, body?: unknown, node = api) =>
  node.send(method, path, { 'x-admin-key': key }, body);

async function makeKey(name: string, role: string, more: object = {}): Promise<{ id: number; key: string }> {
  const created = await api.admin('POST', '/admin/keys', { name, role, ...more });
  expect(created.status).toBe(201);
  return created.body;
}

const RAISE = { tenant_id: 'tenant_test', limits: { queries_hourly: 500 }, reason: 'Night' };

describe("operators' keys", () => {
  it('let each role do its own and what the lesser ones may', async () => {
    const { key: read } = await makeKey('reader', 'read');
    const { key: operate } = await makeKey('night shift', 'operate');
    const { key: administer } = await makeKey('boss', 'administer');
    const table: readonly [string, string, unknown, number, number, number][] = [
      ['GET', '/admin/audit', undefined, 200, 200, 200],
      ['GET', '/admin/tenants/tenant_test/diagnosis', undefined, 200, 200, 200],
      ['GET', '/metrics', undefined, 200, 200, 200],
      ['POST', '/admin/quota/update', RAISE, 403, 200, 200],
      ['POST', '/admin/queue/purge', { tenant_id: 'tenant_test' }, 403, 200, 200],
      ['GET', '/admin/keys', undefined, 403, 403, 200],
    ];
    for (const [method, path, body, ...expected] of table) {
      const seen: number[] = [];
      for (const key of [read, operate, administer]) {
        const headers = { 'x-admin-key': key, ...(body ? { 'content-type': 'application/json' } : {}) };
        const text = body ? JSON.stringify(body) : undefined;
        seen.push((await fetch(api.url + path, { method, headers, body: text })).status);
      }
      expect([method, path, ...seen]).toEqual([method, path, ...expected]);
    }
    expect((await as(read, 'POST', '/admin/quota/update', RAISE)).body).toMatchObject({
      code: 'forbidden',
      detail: 'This needs the role operate; the key "reader" has the role read.',
    });
  });

  it('stand in the audit log and in overrides by their names', async () => {
    const { key } = await makeKey('anna', 'operate');
    await as(key, 'POST', '/admin/quota/update', RAISE);
    const [entry] = (await api.admin('GET', '/admin/audit')).body.entries;
    expect(entry).toMatchObject({ actor: 'anna', role: 'operate', action: 'quota.update' });
    const { overrides } = (await api.admin('GET', '/admin/tenants/tenant_test/overrides')).body;
    expect(overrides.at(-1).author).toBe('anna');
  });

  it('are shown once, and kept as a hash only', async () => {
    const { key } = await makeKey('shown once', 'read');
    expect(key).toMatch(/^fsa_[\w-]{43}$/);
    const listed = (await api.admin('GET', '/admin/keys')).body.keys;
    expect(listed.at(-1)).toMatchObject({ name: 'shown once', role: 'read', prefix: key.slice(0, 12) });
    const everything = JSON.stringify([
      listed,
      await api.prisma.adminKey.findMany(),
      (await api.admin('GET', '/admin/audit')).body,
    ]);
    expect(everything).not.toContain(key.slice(13));
  });

  it('end on every node at once when they are revoked', async () => {
    const { id, key } = await makeKey('leaves tomorrow', 'read');
    for (const node of [api, other])
      expect((await as(key, 'GET', '/admin/audit', undefined, node)).status).toBe(200);
    expect((await api.admin('DELETE', `/admin/keys/${id}`)).status).toBe(204);
    expect((await as(key, 'GET', '/admin/audit')).status).toBe(401);
    while ((await as(key, 'GET', '/admin/audit', undefined, other)).status !== 401);
    expect((await api.admin('DELETE', `/admin/keys/${id}`)).status).toBe(409);
    expect((await api.admin('DELETE', '/admin/keys/4711')).status).toBe(404);
    expect((await api.admin('POST', '/admin/keys', { name: 'leaves tomorrow', role: 'read' })).status).toBe(
      409,
    );
  });

  it('end by themselves, though they were in use a moment before', async () => {
    const { id, key } = await makeKey('for an hour', 'read', {
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect((await as(key, 'GET', '/admin/audit')).status).toBe(200);
    await api.prisma.adminKey.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } });
    // The other node has not seen it yet: it reads what is true now.
    expect((await as(key, 'GET', '/admin/audit', undefined, other)).status).toBe(401);
  });

  it.each([
    [{ name: 'x', role: 'king' }, 'role'],
    [{ name: 'a\nb', role: 'read' }, 'name'],
    [{ name: 'root', role: 'read' }, 'root'],
    [{ name: 'late', role: 'read', expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
  ])('are refused with a reason: %j', async (body, why) => {
    const refused = await api.admin('POST', '/admin/keys', body);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(refused.body)).toContain(why);
  });
});

describe('a wrong admin key', () => {
  it('is refused, and after ten within a minute its address waits; the right one still passes', async () => {
    const node = await startApi({}, api.data);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      statuses.push((await as(`guess ${attempt}`, 'GET', '/admin/audit', undefined, node)).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const refused = await as('one more', 'GET', '/admin/audit', undefined, node);
    expect(refused.body.code).toBe('too_many_attempts');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await node.admin('GET', '/admin/audit')).status).toBe(200);
    await node.close();
  });
});
