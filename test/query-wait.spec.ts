import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FairQueue } from 'fairshare/queue';
import { startApi, type TestApi } from './support/api.js';
import { type HeldExecutor, holdExecutor } from './support/held-executor.js';
import { exhaustedTenant, limitOf, newTenant, setLimits } from './support/tenants.js';

let api: TestApi;
/** Serves HTTP and runs no jobs. */
let front: TestApi;
let held: HeldExecutor | undefined;

beforeAll(async () => {
  api = await startApi({ QUOTA_DEADLINE_MS: '5000', UPSTREAM_CONCURRENCY: '1' });
  front = await startApi({ QUOTA_DEADLINE_MS: '5000', WORKER: 'off', MAX_WAIT_SECONDS: '20' }, api.data);
});
afterEach(() => held?.restore());
afterAll(async () => {
  await front.close();
  await api.close();
});

const ask = (tenant: string, prefer: string, node = front) =>
  node.send('POST', '/query', { 'x-tenant-id': tenant, prefer }, { query: 'patient' });

/** Asks and can hang up. */
function caller(node: TestApi, tenant: string, headers: Record<string, string> = {}) {
  const line = new AbortController();
  const answer = fetch(`${node.url}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tenant-id': tenant, ...headers },
    body: JSON.stringify({ query: 'impatient' }),
    signal: line.signal,
  }).then(
    ({ status }) => status,
    () => 'left',
  );
  return { answer, hangUp: () => line.abort() };
}

const jobsOf = (tenantId: string) => api.prisma.job.findMany({ where: { tenantId } });

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

describe('Prefer: wait', () => {
  it('holds the answer until another node’s worker has run the job', async () => {
    const tenant = await exhaustedTenant(api);
    const waiting = ask(tenant, 'respond-async, wait=15');
    await until(async () => (await jobsOf(tenant)).length === 1);
    await setLimits(api, tenant, { queries_hourly: 2 });
    const answer = await waiting;
    const [job] = await jobsOf(tenant);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'succeeded', job_id: job!.id, simulated: true });
    expect(answer.headers.get('preference-applied')).toBe('wait=15');
    expect(answer.headers.get('ratelimit')).toContain('"queries_hourly";r=0;');
    expect(answer.headers.get('ratelimit-policy')).toContain('"queries_hourly";q=2;');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect([answer.headers.get('retry-after'), answer.headers.get('location')]).toEqual([null, null]);
  });

  it('answers 202 when its time is up, and the job stays', async () => {
    const tenant = await exhaustedTenant(api);
    const answer = await ask(tenant, 'wait=1');
    expect([answer.status, answer.body.position]).toEqual([202, 1]);
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
    expect(answer.headers.get('location')).toBe(answer.body.status_url);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.get(tenant, answer.body.status_url)).body.state).toBe('waiting');
  });

  it('waits no longer than MAX_WAIT_SECONDS and ignores what it does not understand', async () => {
    const none = await startApi({ WORKER: 'off', MAX_WAIT_SECONDS: '0' }, api.data);
    try {
      const tenant = await exhaustedTenant(api);
      for (const prefer of ['wait=100', 'wait=soon', 'wait', 'return=minimal']) {
        const answer = await ask(tenant, prefer, prefer === 'wait=100' ? none : front);
        expect([prefer, answer.status, answer.headers.get('preference-applied')]).toEqual([
          prefer,
          202,
          null,
        ]);
      }
    } finally {
      await none.close();
    }
  });

  it('tells what became of a job that gave no answer', async () => {
    const tenant = await exhaustedTenant(api);
    const waiting = ask(tenant, 'wait=15');
    await until(async () => (await jobsOf(tenant)).length === 1);
    const [job] = await jobsOf(tenant);
    await api.send('DELETE', `/jobs/${job!.id}`, { 'x-tenant-id': tenant });
    const answer = await waiting;
    expect([answer.status, answer.body.code, answer.body.job_id]).toEqual([409, 'conflict', job!.id]);
  });

  it('does not hold up a node that shuts down', async () => {
    const leaving = await startApi({ WORKER: 'off' }, api.data);
    const tenant = await exhaustedTenant(api);
    const waiting = ask(tenant, 'wait=30', leaving);
    await until(async () => (await jobsOf(tenant)).length === 1);
    await leaving.close();
    expect((await waiting).status).toBe(202);
  });
});

describe('a client that leaves', () => {
  it('takes the job with it that has not started', async () => {
    const tenant = await exhaustedTenant(api);
    const client = caller(front, tenant, { prefer: 'wait=15' });
    await until(async () => (await jobsOf(tenant)).length === 1);
    client.hangUp();
    expect(await client.answer).toBe('left');
    await until(async () => (await jobsOf(tenant))[0]!.state === 'cancelled');
    const stats = await api.app.get(FairQueue).tenantStats(tenant);
    expect([stats.waiting, stats.delayed]).toEqual([0, 0]);
  });

  it('stops the job that another node runs for it, and gets its quota back', async () => {
    const tenant = await exhaustedTenant(api);
    held = holdExecutor(api);
    const client = caller(front, tenant, { prefer: 'wait=15' });
    await until(async () => (await jobsOf(tenant)).length === 1);
    await setLimits(api, tenant, { queries_hourly: 2 });
    await held.began();
    client.hangUp();
    await held.aborted();
    await until(async () => (await jobsOf(tenant))[0]!.state === 'cancelled');
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it('leaves the gate before its turn, stops what runs, and gets its quota back', async () => {
    const tenant = await newTenant(api);
    held = holdExecutor(api);
    const running = caller(api, tenant);
    await held.began();
    const waiting = caller(api, tenant);
    await until(async () => (await limitOf(api, tenant)).held === 2);
    waiting.hangUp();
    await until(async () => (await limitOf(api, tenant)).held === 1);
    expect(held.count).toBe(1);
    running.hangUp();
    await held.aborted();
    await until(async () => (await limitOf(api, tenant)).held === 0);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 0, held: 0 });
  });
});
