import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from './support/api.js';
import { type HeldExecutor, holdExecutor } from './support/held-executor.js';
import { exhaustedTenant, limitOf, newTenant, setLimits } from './support/tenants.js';

let api: TestApi;
let front: TestApi;
let held: HeldExecutor | undefined;

beforeAll(async () => {
  api = await startApi({ QUOTA_DEADLINE_MS: '5000' });
  front = await startApi({ QUOTA_DEADLINE_MS: '5000', WORKER: 'off' }, api.data);
});
afterEach(() => held?.restore());
afterAll(async () => {
  await front.close();
  await api.close();
});

const queue = async (tenant: string, query = 'later') =>
  (await api.query(tenant, query)).body.job_id as string;

describe('GET /jobs', () => {
  it('gives every job once, newest first, page by page, also while others come', async () => {
    const tenant = await exhaustedTenant(api);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await queue(tenant));
    // Of one millisecond: the id decides.
    await api.prisma.job.updateMany({
      where: { id: { in: ids.slice(1, 4) } },
      data: { createdAt: new Date() },
    });
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor ? `&cursor=${cursor}` : '';
      const { status, body } = await api.get(tenant, `/jobs?limit=2${more}`);
      expect(status).toBe(200);
      found.push(...(body.jobs as { job_id: string }[]).map(({ job_id }) => job_id));
      if (!cursor) await queue(tenant);
      cursor = body.next_cursor as string | null;
    }
    expect(found).toHaveLength(5);
    expect([...found].sort()).toEqual([...ids].sort());
    const { body } = await api.get(tenant, '/jobs');
    const times = (body.jobs as { created_at: string }[]).map(({ created_at }) => created_at);
    expect(times).toHaveLength(6);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('filters by state, and shows nobody else’s', async () => {
    const [tenant, stranger] = [await exhaustedTenant(api), await newTenant(api)];
    const [first, second] = [await queue(tenant), await queue(tenant)];
    await api.send('DELETE', `/jobs/${first}`, { 'x-tenant-id': tenant });
    const idsIn = async (state: string) =>
      ((await api.get(tenant, `/jobs?state=${state}`)).body.jobs as { job_id: string }[]).map(
        ({ job_id }) => job_id,
      );
    expect([await idsIn('waiting'), await idsIn('cancelled'), await idsIn('dead')]).toEqual([
      [second],
      [first],
      [],
    ]);
    expect((await api.get(stranger, '/jobs')).body).toEqual({ jobs: [], next_cursor: null });
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=x', 'limit'],
    ['state=sleeping', 'state'],
    ['cursor=nonsense', 'cursor'],
    ['cursor=', 'cursor'],
    ['order=asc', 'order'],
  ])('refuses %s and names the field', async (query, field) => {
    const { status, body } = await api.get('tenant_test', `/jobs?${query}`);
    expect([status, body.code, body.errors[0].field]).toEqual([400, 'invalid_request', field]);
  });
});

describe('a job', () => {
  it('says what it waits for, then that it runs, and stops on another node when it is cancelled', async () => {
    const tenant = await exhaustedTenant(api);
    const [id, next] = [await queue(tenant), await queue(tenant)];
    held = holdExecutor(api);
    const parked = async () => {
      for (;;) {
        const { body } = await api.get(tenant, `/jobs/${id}`);
        if (body.why === 'parked') return body as unknown;
      }
    };
    expect(await parked()).toMatchObject({
      state: 'waiting',
      position: 1,
      waiting_for: 'queries_hourly',
      estimated_start_at: expect.stringMatching(/Z$/),
      remedy: expect.any(String),
    });
    expect((await api.get(tenant, `/jobs/${next}`)).body.position).toBe(2);
    await setLimits(api, tenant, { queries_hourly: 2 });
    await held.began();
    expect((await front.get(tenant, `/jobs/${id}`)).body).toMatchObject({ state: 'running', why: 'running' });

    const told = await front.send('DELETE', `/jobs/${id}`, { 'x-tenant-id': tenant });
    expect([told.status, told.body.cancel_requested]).toEqual([202, true]);
    await held.aborted();
    for (;;) {
      const { body } = await front.get(tenant, `/jobs/${id}`);
      if (body.state === 'cancelled') break;
    }
    const again = await front.send('DELETE', `/jobs/${id}`, { 'x-tenant-id': tenant });
    expect([again.status, again.body.code]).toEqual([409, 'conflict']);
    await held.began(2); // Its quota went to the next in line.
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 1 });
  });
});
