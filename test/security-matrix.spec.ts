import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';
import { Contract } from './support/conformance.js';

interface Operation {
  readonly security: readonly Record<string, unknown>[];
  readonly 'x-required-role'?: string;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const ROLES = ['read', 'operate', 'administer'];
let api: TestApi;
let routes: Route[];
const keys: Record<string, string> = {};

beforeAll(async () => {
  api = await startApi({ TENANT_AUTH: 'token' });
  const { paths } = new Contract().document;
  routes = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  for (const role of ROLES) {
    keys[role] = (await api.admin('POST', '/admin/keys', { name: role, role })).body.key as string;
  }
  await api.admin('POST', '/admin/tenants', { id: 'suspended', tier: 'free' });
  for (const [name, tenant] of [
    ['tenant', 'tenant_test'],
    ['other', 'tenant_123'],
    ['suspended', 'suspended'],
  ] as const) {
    keys[name] = (await api.admin('POST', `/admin/tenants/${tenant}/api-keys`, {})).body.key as string;
  }
  await api.admin('PATCH', '/admin/tenants/suspended', { status: 'suspended' });
});
afterAll(() => api.close());

/** The status of a call whose path names things that are not there, with a body that means nothing. */
async function statusOf({ method, path }: Route, headers: Record<string, string>): Promise<number> {
  const url = api.url + path.replaceAll(/\{[^}]+\}/g, '4711');
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(hasBody ? { 'content-type': 'application/json' } : {}) },
    body: hasBody ? '{"nobody_knows_this":1}' : undefined,
  });
  await response.body?.cancel();
  return response.status;
}

const bearer = (name: string) => ({ authorization: `Bearer ${keys[name]}` });
const isAdmin = ({ operation }: Route) =>
  operation.security.length > 0 && operation.security.every((scheme) => 'admin' in scheme);
const isTenant = ({ operation }: Route) =>
  operation.security.length > 0 &&
  operation.security.every((scheme) => 'tenant' in scheme || 'tenant_header' in scheme);

/** Every route of a sort with what it answered, where that is not what it should. */
async function exceptions(
  chosen: readonly Route[],
  headers: Record<string, string>,
  isRight: (status: number, route: Route) => boolean,
) {
  const found: string[] = [];
  for (const route of chosen) {
    const status = await statusOf(route, headers);
    if (!isRight(status, route)) found.push(`${route.method} ${route.path}: ${status}`);
  }
  return found;
}

describe('every route', () => {
  it('is of one sort: public, for tenants, or for operators', () => {
    const sorts = routes.map((route) => [isAdmin(route), isTenant(route)].filter(Boolean).length);
    const publicRoutes = routes.filter((_, index) => sorts[index] === 0).map(({ path }) => path);
    expect(publicRoutes.sort()).toEqual(['/health', '/health/live', '/health/ready', '/queue/stats']);
    expect(routes.filter(isAdmin).length).toBeGreaterThan(35);
  });

  it.each<[string, Record<string, string>]>([
    ['no identity', {}],
    ['a wrong tenant key', { authorization: 'Bearer fsk_wrong' }],
    ['a header that is not believed', { 'x-tenant-id': 'tenant_test' }],
  ])('for tenants or operators refuses %s', async (_, headers) => {
    const closed = routes.filter((route) => isAdmin(route) || isTenant(route));
    expect(await exceptions(closed, headers, (status) => status === 401 || status === 429)).toEqual([]);
  });

  it('for tenants refuses a suspended one', async () => {
    expect(
      await exceptions(routes.filter(isTenant), bearer('suspended'), (status) => status === 403),
    ).toEqual([]);
  });

  it('for tenants lets a tenant in, and shows it nothing of another', async () => {
    const own = routes.filter(isTenant);
    expect(
      await exceptions(own, bearer('tenant'), (status) => ![401, 403].includes(status) && status < 500),
    ).toEqual([]);
    const job = await api.prisma.job.create({
      data: {
        tenantId: 'tenant_test',
        name: 'query',
        payload: {},
        cost: {},
        weight: 1,
        maxAttempts: 1,
        id: crypto.randomUUID(),
      },
    });
    for (const method of ['GET', 'DELETE']) {
      expect(
        await statusOf({ method, path: `/jobs/${job.id}`, operation: routes[0]!.operation }, bearer('other')),
      ).toBe(404);
    }
    expect(
      await statusOf(
        { method: 'GET', path: `/jobs/${job.id}/events`, operation: routes[0]!.operation },
        bearer('other'),
      ),
    ).toBe(404);
    const listed = await api.send('GET', '/jobs', bearer('other'));
    expect(listed.body.jobs).toEqual([]);
  });

  it("for operators refuses a tenant's key, in either header", async () => {
    const admin = routes.filter(isAdmin);
    expect(await exceptions(admin, bearer('tenant'), (status) => status === 401)).toEqual([]);
    const node = await startApi({}, api.data);
    expect((await node.send('GET', '/admin/audit', { 'x-admin-key': keys.tenant! })).status).toBe(401);
    await node.close();
  });

  it("for tenants refuses an operator's key in place of a tenant's", async () => {
    expect(
      await exceptions(routes.filter(isTenant), { 'x-admin-key': ADMIN_KEY }, (status) => status === 401),
    ).toEqual([]);
  });

  it('says to who is refused which identity would do', async () => {
    for (const path of ['/quota/status', '/admin/audit']) {
      const { headers } = await fetch(api.url + path);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="fairshare"');
    }
  });

  it.each(ROLES)('for operators is for the role %s as the contract says', async (role) => {
    const mayPass = ({ operation }: Route) =>
      ROLES.indexOf(role) >= ROLES.indexOf(operation['x-required-role']!);
    const wrong = await exceptions(routes.filter(isAdmin), { 'x-admin-key': keys[role]! }, (status, route) =>
      mayPass(route) ? ![401, 403].includes(status) && status < 500 : status === 403,
    );
    expect(wrong).toEqual([]);
  });
});
