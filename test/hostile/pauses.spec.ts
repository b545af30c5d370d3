import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

let api: TestApi;
let tenant: string;
let jobs: string[];

// No worker: the jobs stay where they are.
beforeAll(async () => {
  api = await startApi({ WORKER: 'off' });
  tenant = await newTenant(api, { queries_hourly: 1 });
  await api.app.get(QuotaService).record({ tenantId: parseTenantId(tenant), cost: { queries: 1 } });
  jobs = [];
  for (let n = 0; n < 3; n += 1) jobs.push((await api.query(tenant, 'later')).body.job_id as string);
});
afterEach(() => setPaused('resume', { all: true }));
afterEach(() => setPaused('resume', { tenant_id: tenant }));
afterAll(() => api.close());

async function setPaused(verb: 'pause' | 'resume', whom: object): Promise<void> {
  expect((await api.admin('POST', `/admin/queue/${verb}`, whom)).status).toBe(200);
}

type Json = Record<string, unknown>;
const contract = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Json;

/** Lists of tenants say nothing of lines: only one tenant's own view does. */
const NO_VIEWS = ['/admin/tenants'];

/** Every GET whose answer, by the contract, has a field for a pause. */
function viewsOfPauses(): string[] {
  return Object.entries(contract['paths'] as Record<string, Json>)
    .filter(([path, verbs]) => !NO_VIEWS.includes(path) && tellsPause((verbs['get'] as Json)?.['responses']))
    .map(([path]) => path);
}

function tellsPause(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const { $ref } = node as { $ref?: string };
  if ($ref) return tellsPause(resolve($ref));
  return Object.entries(node).some(([name, value]) => name === 'paused' || tellsPause(value));
}

function resolve(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, name) => (node as Json)[name], contract);
}

/** Whether a field of this name is true anywhere in an answer. */
function says(name: RegExp, node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(([key, value]) => (name.test(key) && value === true) || says(name, value));
}

async function look(path: string): Promise<unknown> {
  const headers = { 'x-tenant-id': tenant, 'x-admin-key': ADMIN_KEY };
  const answer = await api.send('GET', path.replace(/\{\w+\}/, tenant), headers);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body;
}

async function metrics(): Promise<string> {
  return (await fetch(`${api.url}/metrics`, { headers: { 'x-admin-key': ADMIN_KEY } })).text();
}

describe('a pause', () => {
  it('has a field in every view of a queue or a tenant', () => {
    expect(viewsOfPauses()).toEqual(
      expect.arrayContaining([
        '/queue/stats',
        '/admin/queue',
        '/admin/queue/{tenantId}',
        '/admin/tenants/{tenantId}',
        '/admin/tenants/{tenantId}/diagnosis',
      ]),
    );
  });

  it.each([
    { whose: 'of one tenant', whom: () => ({ tenant_id: tenant }), field: /^paused$/, why: 'paused' },
    { whose: 'of all tenants', whom: () => ({ all: true }), field: /^(all_)?paused$/, why: 'queue_paused' },
  ])('$whose shows in each of them while it lasts', async ({ whom, field, why }) => {
    for (const path of viewsOfPauses()) expect([path, says(field, await look(path))]).toEqual([path, false]);
    await setPaused('pause', whom());
    for (const path of viewsOfPauses()) expect([path, says(field, await look(path))]).toEqual([path, true]);
    for (const job of jobs) {
      const { body } = await api.get(tenant, `/jobs/${job}`);
      expect(body).toMatchObject({ why, estimated_start_at: null });
      expect(body.estimate_unknown_because).toMatch(/paused; nobody knows when/);
    }
    tried('pause shown', viewsOfPauses().length + jobs.length);
  });

  it('of one tenant shows in metrics by its name, and only while it lasts', async () => {
    const series = `fairshare_queue_paused_tenant{tenant="${tenant}"} 1`;
    expect(await metrics()).not.toContain(series);
    await setPaused('pause', { tenant_id: tenant });
    const shown = await metrics();
    expect(shown).toContain(series);
    expect(shown.match(/fairshare_queue_paused_tenant{/g)).toHaveLength(1);
    await setPaused('resume', { tenant_id: tenant });
    expect(await metrics()).not.toContain('fairshare_queue_paused_tenant{');
    tried('pause shown', 2);
  });

  it('of all tenants shows in metrics and in readiness', async () => {
    expect(await metrics()).toContain('fairshare_queue_paused{scope="all"} 0');
    await setPaused('pause', { all: true });
    expect(await metrics()).toContain('fairshare_queue_paused{scope="all"} 1');
    const ready = await api.send('GET', '/health/ready');
    expect(ready.status).toBe(200);
    expect(JSON.stringify(ready.body)).toContain('An operator paused all tenants');
    tried('pause shown', 2);
  });
});

describe('the promises of a queued job', () => {
  it('are in the words of its state, and give no later place an earlier time', async () => {
    const views = await Promise.all(jobs.map(async (job) => (await api.get(tenant, `/jobs/${job}`)).body));
    expect(views.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(views[0]).toMatchObject({
      estimated_start_at: expect.any(String),
      estimate_unknown_because: null,
    });
    for (const later of views.slice(1)) {
      expect(later.estimated_start_at).toBeNull();
      expect(later.estimate_unknown_because).toMatch(/the jobs before it in its own line/);
    }
    const accepted = (await api.query(tenant, 'one more')).body;
    expect(accepted).toMatchObject({ position: 4, estimated_start_at: null });
    const { body } = await api.get(tenant, `/jobs/${accepted.job_id}`);
    expect(accepted.status).toBe(body.state);
    const listed = await api.get(tenant, `/jobs?state=${accepted.status}`);
    expect([listed.status, listed.body.jobs?.length]).toEqual([200, 4]);
    tried('estimate', views.length + 1);
  });
});
