import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { FairQueue } from 'fairshare/queue';
import { startApi, type TestApi } from '../support/api.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { startRedis, type OwnRedis } from '../support/redis.js';
import { newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

/** More jobs than one database transaction could cancel. */
const JOBS = 3_200;

// On busy cores a start alone may take long.
jest.setTimeout(180_000);

let redis: OwnRedis;
let proxy: FaultProxy;
let api: TestApi;
let other: TestApi;

beforeAll(async () => {
  redis = await startRedis();
  proxy = new FaultProxy({ port: redis.port });
  const port = await proxy.start();
  const settings = { WORKER: 'off', QUOTA_DEADLINE_MS: '1000' };
  api = await startApi({ ...settings, REDIS_URL: `redis://127.0.0.1:${port}` });
  other = await startApi({ ...settings, REDIS_URL: redis.url }, api.data);
});
afterAll(async () => {
  proxy.fault = { kind: 'pass' };
  await other.close();
  await api.close();
  await proxy.stop();
  await redis.close();
});

async function withJobs(count: number, state: 'waiting' | 'dead' = 'waiting'): Promise<string> {
  const tenantId = await newTenant(api);
  const jobs = Array.from({ length: count }, () => randomUUID());
  await api.prisma.job.createMany({
    data: jobs.map((id) => ({
      id,
      tenantId,
      name: 'query',
      payload: {},
      cost: { units: 1 },
      weight: 1,
      maxAttempts: 1,
      state,
      createdAt: new Date(Date.now() - 60_000),
    })),
  });
  const queue = other.app.get(FairQueue);
  await queue.enqueueMany(
    jobs.map((jobId) => ({ tenantId, jobId, name: 'query', payload: {}, maxDepth: 10_000 })),
  );
  return tenantId;
}

const countOf = (tenantId: string, state: 'waiting' | 'cancelled') =>
  api.prisma.job.count({ where: { tenantId, state } });
const audits = async (tenantId: string) =>
  (await other.admin('GET', `/admin/audit?tenant_id=${tenantId}`)).body.entries as {
    action: string;
    before: object;
    after: object;
  }[];

/** While nothing of Redis gets through, as when it is stopped. */
async function frozen<T>(work: () => Promise<T>): Promise<T> {
  proxy.fault = { kind: 'blackhole' };
  try {
    return await work();
  } finally {
    proxy.fault = { kind: 'pass' };
    // What was swallowed will never be answered on these connections.
    proxy.cut();
    while ((await fetch(`${api.url}/queue/stats`)).status !== 200);
  }
}

async function ended(id: string) {
  for (;;) {
    const { body } = await other.admin('GET', `/admin/commands/${id}`);
    if (body.state !== 'running') return body;
  }
}

describe('a purge', () => {
  it(`of ${JOBS} jobs is done, counted and on the record`, async () => {
    const tenantId = await withJobs(JOBS);
    const { status, body } = await api.admin('POST', '/admin/queue/purge', { tenant_id: tenantId });
    expect({ status, body: status === 202 ? await ended(body.command_id) : body }).toMatchObject({
      body: { state: 'done', removed: JOBS, before: { waiting: JOBS }, after: { waiting: 0 } },
    });
    expect(await countOf(tenantId, 'cancelled')).toBe(JOBS);
    expect(await audits(tenantId)).toMatchObject([
      {
        action: 'queue.purge',
        before: { waiting: JOBS },
        after: { state: 'done', removed: JOBS, waiting: 0 },
      },
      { action: 'queue.purge.requested', before: { waiting: JOBS } },
    ]);
    tried('operator command', 1);
  });

  it('that Redis interrupts says how far it is, and is ended by whichever node comes first', async () => {
    const tenantId = await withJobs(JOBS);
    const purge = api.admin('POST', '/admin/queue/purge', { tenant_id: tenantId });
    while ((await countOf(tenantId, 'cancelled')) === 0);
    const answer = await frozen(() => purge);
    expect(answer).toMatchObject({ status: 202, body: { state: 'running' } });
    expect(answer.body.removed).toBeLessThan(JOBS);
    expect(answer.headers.get('location')).toBe(`/admin/commands/${answer.body.command_id}`);
    const end = await ended(answer.body.command_id);
    expect(end).toMatchObject({ state: 'done', removed: JOBS, after: { waiting: 0 } });
    expect([await countOf(tenantId, 'waiting'), await countOf(tenantId, 'cancelled')]).toEqual([0, JOBS]);
    tried('operator command', 1);
  });

  it('whose process was killed is ended by another, with what it did counted', async () => {
    const tenantId = await withJobs(200);
    const id = randomUUID();
    await api.prisma.adminCommand.create({
      data: {
        ...{ id, action: 'queue.purge', target: `tenant ${tenantId}`, tenantId, progress: { removed: 100 } },
        ...{ actor: 'root', role: 'administer', address: '127.0.0.1', requestId: 'r', owner: randomUUID() },
        leaseUntil: new Date(Date.now() - 1_000),
      },
    });
    expect(await ended(id)).toMatchObject({ state: 'done', removed: 300, after: { waiting: 0 } });
    expect((await audits(tenantId))[0]).toMatchObject({ action: 'queue.purge', after: { removed: 300 } });
    tried('operator command', 1);
  });

  it('that nobody could end within ten minutes is reported with what was done', async () => {
    const tenantId = await withJobs(1);
    const of = (progress: object) => ({
      ...{ id: randomUUID(), action: 'queue.purge', target: `tenant ${tenantId}`, tenantId, progress },
      ...{
        actor: 'root',
        role: 'administer' as const,
        address: '127.0.0.1',
        requestId: 'r',
        owner: randomUUID(),
      },
      leaseUntil: new Date(Date.now() - 1_000),
      createdAt: new Date(Date.now() - 700_000),
    });
    const [none, some] = [of({}), of({ removed: 5 })];
    for (const data of [none, some]) await api.prisma.adminCommand.create({ data });
    expect(await ended(none.id)).toMatchObject({ state: 'not_done', after: { waiting: 1 } });
    expect(await ended(some.id)).toMatchObject({ state: 'partly_done', removed: 5, after: { waiting: 1 } });
    expect(await countOf(tenantId, 'waiting')).toBe(1);
    tried('operator command', 2);
  });

  it('never takes a name for everybody', async () => {
    const tenantId = await withJobs(2);
    for (const verb of ['purge', 'pause', 'resume', 'requeue']) {
      for (const wrong of [
        {},
        { tenant_id: '*' },
        { tenant_id: tenantId, all: true },
        { all: false },
        { all: '*' },
        { all: 1 },
      ]) {
        expect([verb, wrong, (await api.admin('POST', `/admin/queue/${verb}`, wrong)).status]).toEqual([
          verb,
          wrong,
          400,
        ]);
      }
    }
    expect(await countOf(tenantId, 'waiting')).toBe(2);
    tried('operator command', 24);
  });
});

describe('with Redis frozen', () => {
  it('an emergency raise says that it is committed, and where it is in force', async () => {
    const tenantId = await newTenant(api);
    const change = { tenant_id: tenantId, tier: 'pro', limits: { queries_hourly: 123 } };
    const { status, body } = await frozen(() => api.admin('POST', '/admin/quota/update', change));
    expect(status).toBe(200);
    expect(body).toMatchObject({ tier: 'pro', propagation: 'within 60 s', limits: null });
    expect(body.overrides).toMatchObject([{ limit: 'queries_hourly', value: 123, in_force: true }]);
    expect(await api.prisma.override.count({ where: { tenantId } })).toBe(1);
    tried('operator command', 1);
  });

  it('every other change of the configuration is made, and says where it is in force', async () => {
    const tenantId = await newTenant(api);
    const calls: [string, string, object?][] = [
      ['PATCH', `/admin/tenants/${tenantId}`, { weight: 3 }],
      ['POST', `/admin/tenants/${tenantId}/overrides`, { limit: 'queries_hourly', value: 3, reason: 'Try' }],
      ['PATCH', '/admin/tiers/free', { weight: 1 }],
    ];
    for (const call of calls) {
      const answer = await frozen(() => api.admin(...call));
      expect([call[1], answer.status < 300, answer.headers.get('x-propagation')]).toEqual([
        call[1],
        true,
        'within 60 s',
      ]);
      expect((await api.admin(...call)).headers.get('x-propagation')).toBe('at once');
    }
    tried('operator command', calls.length);
  });

  it.each([
    ['/admin/quota/reset', 'quota.reset'],
    ['/admin/queue/pause', 'queue.pause'],
    ['/admin/queue/resume', 'queue.resume'],
    ['/admin/queue/purge', 'queue.purge'],
    ['/admin/queue/requeue', 'queue.requeue'],
  ])('%s is not done, and no row says that it was', async (path, action) => {
    const tenantId = await withJobs(1);
    const { status, body } = await frozen(() => api.admin('POST', path, { tenant_id: tenantId }));
    expect([status, body.detail]).toEqual([503, expect.stringContaining('nothing was done')]);
    expect((await audits(tenantId)).filter((entry) => entry.action === action)).toEqual([]);
    expect(await countOf(tenantId, 'waiting')).toBe(1);
    tried('operator command', 1);
  });

  it('a tenant is removed, and what it left in Redis is cleared later; until then its id is not given again', async () => {
    const tenantId = await withJobs(3);
    const { status, body } = await frozen(() => api.admin('DELETE', `/admin/tenants/${tenantId}`));
    expect([status, body.state, body.action]).toEqual([202, 'running', 'tenant.clear']);
    const early = await api.admin('POST', '/admin/tenants', { id: tenantId, tier: 'free' });
    const cleared = await ended(body.command_id);
    expect([early.status, cleared.state, cleared.removed]).toEqual([409, 'done', 3]);
    expect((await api.admin('POST', '/admin/tenants', { id: tenantId, tier: 'free' })).status).toBe(201);
    tried('operator command', 1);
  });
});

describe('a reset', () => {
  it('that is refused leaves no row, and one that is done leaves what it read', async () => {
    const tenantId = await newTenant(api);
    await api.query(tenantId, 'Question');
    const reset = (limits?: string[]) =>
      api.admin('POST', '/admin/quota/reset', { tenant_id: tenantId, ...(limits ? { limits } : {}) });
    expect((await reset(['bananas'])).status).toBe(400);
    expect(await audits(tenantId)).toEqual([]);
    expect((await reset(['queries_hourly'])).body).toMatchObject({
      state: 'done',
      before: { used: { queries_hourly: 1 } },
      after: { used: { queries_hourly: 0 } },
    });
    expect((await audits(tenantId))[0]).toMatchObject({
      action: 'quota.reset',
      before: { used: { queries_hourly: 1 } },
      after: { state: 'done', used: { queries_hourly: 0 } },
    });
    tried('operator command', 2);
  });
});

describe('a pause', () => {
  it('says as before what it read', async () => {
    const tenantId = await newTenant(api);
    const pause = (verb: string) => api.admin('POST', `/admin/queue/${verb}`, { tenant_id: tenantId });
    const seen = [];
    for (const verb of ['pause', 'pause', 'resume', 'resume']) {
      const { body } = await pause(verb);
      seen.push([body.before.paused, body.after.paused]);
    }
    expect(seen).toEqual([
      [false, true],
      [true, true],
      [true, false],
      [false, false],
    ]);
    tried('operator command', 4);
  });

  it('that was left is given up for a newer resume', async () => {
    const tenantId = await newTenant(api);
    const id = randomUUID();
    await api.prisma.adminCommand.create({
      data: {
        ...{ id, action: 'queue.pause', target: `tenant ${tenantId}`, tenantId, owner: randomUUID() },
        ...{ actor: 'root', role: 'administer', address: '127.0.0.1', requestId: 'r' },
      },
    });
    await api.admin('POST', '/admin/queue/resume', { tenant_id: tenantId });
    expect(await ended(id)).toMatchObject({ state: 'not_done', detail: expect.stringContaining('newer') });
    expect((await audits(tenantId)).map(({ action }) => action)).toEqual([
      'queue.resume',
      'queue.resume.requested',
      'queue.pause.not_done',
    ]);
    tried('operator command', 1);
  });
});

it('dead jobs that do not fit are said to be left', async () => {
  await setLimits(api, 'tenant_test', { queries_hourly: 1 });
  const { status, body } = await api.admin('POST', '/admin/queue/requeue', { job_id: randomUUID() });
  expect([status, body.code]).toEqual([404, 'not_found']);
});
