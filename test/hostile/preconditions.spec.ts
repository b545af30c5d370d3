import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { ADMIN_KEY, type Answer, startApi, type TestApi } from '../support/api.js';
import { routesOf } from '../support/routes.js';
import { tried } from '../support/tried.js';

// On busy cores a start alone may take long.
jest.setTimeout(180_000);

let api: TestApi;

beforeAll(async () => {
  api = await startApi({ WORKER: 'off' });
});
afterAll(() => api.close());

/** How each route that promises preconditions is asked; `tag` reads the ETag that it goes by. */
interface Sample {
  readonly url: () => Promise<string>;
  readonly tag: (url: string) => string;
  readonly body?: (url: string) => object;
}

const MODEL = {
  context_window: 10,
  input_micro_units_per_token: 1,
  output_micro_units_per_token: 1,
  minimum_units: 1,
};
let made = 0;
const fresh = async (kind: 'tenants' | 'tiers' | 'models' | 'overrides'): Promise<string> => {
  const name = `p${++made}`;
  if (kind === 'tenants') await api.admin('POST', '/admin/tenants', { id: name, tier: 'free' });
  if (kind === 'tiers') await api.admin('POST', '/admin/tiers', { name, queue_depth: 1 });
  if (kind === 'models') await api.admin('PUT', `/admin/models/${name}`, MODEL);
  if (kind !== 'overrides') return `/admin/${kind}/${name}`;
  const body = { limit: 'queries_hourly', value: 5, reason: 'Try' };
  const { id } = (await api.admin('POST', '/admin/tenants/tenant_123/overrides', body)).body;
  return `/admin/tenants/tenant_123/overrides/${id}`;
};
const own = (url: string) => url;
const of = (kind: Parameters<typeof fresh>[0], body?: object): Sample => ({
  url: () => fresh(kind),
  tag: own,
  ...(body ? { body: () => body } : {}),
});

const SAMPLES: Readonly<Record<string, Sample>> = {
  'GET /admin/tenants/{tenantId}': of('tenants'),
  'PATCH /admin/tenants/{tenantId}': of('tenants', { weight: 3 }),
  'DELETE /admin/tenants/{tenantId}': of('tenants'),
  'GET /admin/tiers/{name}': of('tiers'),
  'PATCH /admin/tiers/{name}': of('tiers', { weight: 3 }),
  'DELETE /admin/tiers/{name}': of('tiers'),
  'GET /admin/models/{name}': of('models'),
  'PUT /admin/models/{name}': of('models', { ...MODEL, minimum_units: 2 }),
  'DELETE /admin/models/{name}': of('models'),
  'GET /admin/tenants/{tenantId}/overrides/{id}': of('overrides'),
  'PATCH /admin/tenants/{tenantId}/overrides/{id}': of('overrides', { value: 6 }),
  'DELETE /admin/tenants/{tenantId}/overrides/{id}': of('overrides'),
  'POST /admin/quota/update': {
    url: () => fresh('tenants'),
    tag: own,
    body: (url) => ({ tenant_id: url.split('/').at(-1), limits: { queries_hourly: 7 } }),
  },
};

it('is honoured by every route that promises it: nothing is changed where it does not hold', async () => {
  const promised = routesOf().filter(({ headers }) => headers.includes('if-match'));
  expect(promised.map(({ name }) => name).sort()).toEqual(Object.keys(SAMPLES).sort());
  let inputs = 0;
  for (const { name, method } of promised) {
    const isRead = method === 'GET';
    const [yes, no, none] = isRead ? [200, 412, 304] : [method === 'DELETE' ? 204 : 200, 412, 412];
    const cases: readonly [string, string, number][] = [
      ['if-match', '"0"', no],
      ['if-match', 'W/ETAG', no],
      ['if-match', '"0", "x,y"', no],
      ['if-match', 'nonsense', 400],
      ['if-match', '', 400],
      ['if-match', '*, ETAG', 400],
      ['if-none-match', 'ETAG', none],
      ['if-none-match', 'W/ETAG', none],
      ['if-none-match', '*', none],
      ['if-none-match', '"0", ETAG', none],
      ['if-none-match', 'nonsense', 400],
      ['if-match', '"0" , ETAG', yes],
      ['if-match', '*', yes],
      ['if-none-match', '"0"', yes],
    ];
    let url = await SAMPLES[name]!.url();
    for (const [header, value, status] of cases) {
      const answer = await tryWith(name, { url, header, value });
      if (answer.status === 204) url = await SAMPLES[name]!.url();
      expect([name, header, value, answer.status]).toEqual([name, header, value, status]);
      inputs += 1;
    }
  }
  tried('precondition', inputs);
});

it('makes PUT create only, or change only', async () => {
  const put = (name: string, header: string, value: string) =>
    api.send('PUT', `/admin/models/${name}`, { 'x-admin-key': ADMIN_KEY, [header]: value }, MODEL);
  expect((await put('only', 'if-match', '*')).status).toBe(412);
  expect((await put('only', 'if-match', '"0"')).status).toBe(412);
  expect((await api.admin('GET', '/admin/models/only')).status).toBe(404);
  expect((await put('only', 'if-none-match', '*')).status).toBe(200);
  expect((await put('only', 'if-none-match', '*')).status).toBe(412);
});

async function tryWith(
  name: string,
  { url, header, value }: { url: string; header: string; value: string },
): Promise<Answer> {
  const { tag, body } = SAMPLES[name]!;
  const before = await api.admin('GET', tag(url));
  const [method, path] = name.split(' ') as [string, string];
  const answer = await api.send(
    method,
    path.includes('{') ? url : path,
    { 'x-admin-key': ADMIN_KEY, [header]: value.replaceAll('ETAG', before.headers.get('etag')!) },
    body?.(url),
  );
  if (answer.status >= 300) {
    expect((await api.admin('GET', tag(url))).headers.get('etag')).toBe(before.headers.get('etag'));
  }
  return answer;
}
