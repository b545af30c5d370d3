import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FairQueue, type WorkerHost, workerToken } from 'fairshare/queue';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { completion, type OpenAiServer, startOpenAi } from '../support/openai-server.js';
import { exhaustedTenant, limitOf, newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

/** Fewer slots than jobs of any test: where one is lost, the rest never ends. */
const SLOTS = 2;
const JOBS = 5;

let upstream: OpenAiServer;
let api: TestApi;

beforeAll(async () => {
  upstream = await startOpenAi();
  api = await startApi({
    EXECUTOR: 'openai',
    OPENAI_BASE_URL: upstream.url,
    WORKER_CONCURRENCY: String(SLOTS),
    JOB_LEASE_MS: '2000',
  });
});
beforeEach(() => upstream.next(completion('fine')));
afterEach(async () => {
  // Whatever was tried, the worker serves the next tenant, and readiness has nothing to tell.
  await expectServed();
  const { status, body } = await api.send('GET', '/health/ready');
  expect([status, body.status]).toEqual([200, 'ok']);
});
afterAll(async () => {
  await api.close();
  await upstream.close();
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
const host = () => api.app.get<WorkerHost>(workerToken(), { strict: false });

/** Queued queries of a tenant that is out of quota. */
async function queueJobs(tenant: string, count = JOBS, query = 'queued'): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const { status, body } = await api.query(tenant, `${query} ${index}`);
    expect(status).toBe(202);
    ids.push(body.job_id as string);
  }
  return ids;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads whatever came
async function endOf(tenant: string, jobId: string): Promise<any> {
  for (;;) {
    const { body } = await api.get(tenant, `/jobs/${jobId}`);
    if (body.finished_at !== null) return body;
    await pause();
  }
}

async function expectServed(): Promise<void> {
  upstream.next(completion('fine'));
  const tenant = await exhaustedTenant(api);
  const jobs = await queueJobs(tenant, SLOTS);
  await setLimits(api, tenant, { queries_hourly: 1 + SLOTS });
  for (const id of jobs) expect(await endOf(tenant, id)).toMatchObject({ state: 'succeeded' });
}

/** Lets the tenant's jobs run, and answers how each of them ended. */
async function runAll(tenant: string, jobs: readonly string[]) {
  await setLimits(api, tenant, { queries_hourly: 100 });
  return Promise.all(jobs.map((id) => endOf(tenant, id)));
}

async function withTrigger(condition: string, sqlstate: string, work: () => Promise<void>): Promise<void> {
  await api.prisma.$executeRawUnsafe(
    `CREATE FUNCTION refuse_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       RAISE EXCEPTION 'no room for this row' USING ERRCODE = '${sqlstate}'; END $$`,
  );
  await api.prisma.$executeRawUnsafe(
    `CREATE TRIGGER refuse_job BEFORE UPDATE ON jobs FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION refuse_job()`,
  );
  try {
    await work();
  } finally {
    await api.prisma.$executeRawUnsafe('DROP FUNCTION IF EXISTS refuse_job CASCADE');
  }
}

describe('a tenant that is deleted', () => {
  it('while its jobs wait for quota leaves every slot to the others', async () => {
    const tenant = await exhaustedTenant(api);
    const jobs = await queueJobs(tenant);
    expect((await api.admin('DELETE', `/admin/tenants/${tenant}`)).status).toBeLessThan(300);
    const queue = api.app.get(FairQueue);
    for (const jobId of jobs) await queue.finished({ jobId, tenantId: tenant, timeoutMs: 10_000 });
    while (host().worker.running > 0) await pause();
    tried('permanent errors', JOBS);
  });

  it('while its jobs run does so too', async () => {
    const tenant = await exhaustedTenant(api);
    const jobs = await queueJobs(tenant);
    const answers: (() => void)[] = [];
    upstream.next((...call) => answers.push(() => completion('late')(...call)));
    await setLimits(api, tenant, { queries_hourly: 100 });
    while (answers.length < SLOTS) await pause();
    await api.prisma.tenant.delete({ where: { id: tenant } });
    await api.admin('DELETE', `/admin/tenants/${tenant}`);
    upstream.next(completion('late'));
    for (const answer of answers) answer();
    const queue = api.app.get(FairQueue);
    for (const jobId of jobs) await queue.finished({ jobId, tenantId: tenant, timeoutMs: 10_000 });
    while (host().worker.running > 0) await pause();
    tried('permanent errors', JOBS);
  });
});

describe('a text that no database keeps', () => {
  const TEXTS: readonly [string, string, number][] = [
    ['a\0b', 'a\uFFFDb', 1],
    ['\0', '\uFFFD', 1],
    ['half \ud83d', 'half \uFFFD', 1],
    ['\ude00 other half', '\uFFFD other half', 1],
    ['\ude00\ud83d\0', '\uFFFD\uFFFD\uFFFD', 3],
    ['\0'.repeat(5_000), '\uFFFD'.repeat(5_000), 5_000],
  ];

  it.each(TEXTS)(
    'comes from the upstream: %j is answered with U+FFFD, and says so',
    async (given, text, n) => {
      const tenant = await newTenant(api, { queries_hourly: 1 });
      upstream.next(completion(given));
      const headers = { 'x-tenant-id': tenant, 'idempotency-key': 'once' };
      for (const replayed of [null, 'true']) {
        const direct = await api.send('POST', '/query', headers, { query: 'direct' });
        expect([direct.status, direct.headers.get('idempotency-replayed')]).toEqual([200, replayed]);
        expect(direct.body).toMatchObject({ text, replaced_characters: n });
      }
      const jobs = await queueJobs(tenant);
      for (const job of await runAll(tenant, jobs)) {
        expect(job).toMatchObject({
          state: 'succeeded',
          attempts: 1,
          result: { text, replaced_characters: n },
        });
      }
      expect(await limitOf(api, tenant)).toMatchObject({ used: 1 + JOBS, held: 0 });
      tried('permanent errors', 1 + JOBS);
    },
  );

  it('comes from a client: it is refused by name, and spends nothing', async () => {
    const tenant = await newTenant(api);
    for (const [given] of TEXTS) {
      const { status, body } = await api.query(tenant, given);
      expect([status, body.code]).toEqual([400, 'invalid_request']);
      const reason = { tenant_id: tenant, tier: 'pro', reason: given };
      expect((await api.admin('POST', '/admin/quota/update', reason)).status).toBe(400);
    }
    expect(await limitOf(api, tenant)).toMatchObject({ used: 0, held: 0 });
    tried('permanent errors', 2 * TEXTS.length);
  });

  it('is not there in an ordinary answer', async () => {
    const tenant = await newTenant(api);
    upstream.next(completion('😀 fine'));
    const { body } = await api.query(tenant, 'direct');
    expect(body.text).toBe('😀 fine');
    expect(body).not.toHaveProperty('replaced_characters');
  });
});

describe('a usage that cannot be', () => {
  it.each([
    ['2^53 - 1', Number.MAX_SAFE_INTEGER],
    ['2^60', 2 ** 60],
    ['1e300', 1e300],
    ['a billion', 1e9],
    ['a negative number', -1],
    ['a fraction', 1.5],
    ['a text', '7'],
    ['null', null],
    ['a list', [7]],
    ['an object', {}],
    ['true', true],
  ])('%s is charged by our own count, direct and queued, however often', async (_, tokens) => {
    const tenant = await newTenant(api, { queries_hourly: 2 });
    upstream.next(completion('one two three', { prompt_tokens: tokens, completion_tokens: tokens }));
    const usage = { prompt_tokens: 1, completion_tokens: 3 };
    for (let time = 0; time < 2; time++) {
      expect((await api.query(tenant, 'count')).body).toMatchObject({ usage });
    }
    expect(await limitOf(api, tenant, 'tokens_daily')).toMatchObject({ used: 8, held: 0 });
    const jobs = await queueJobs(tenant, 2, 'count');
    for (const job of await runAll(tenant, jobs)) {
      expect(job).toMatchObject({ state: 'succeeded', result: { usage: { completion_tokens: 3 } } });
    }
    tried('permanent errors', 4);
  });
});

describe('an end that the journal cannot keep', () => {
  it('for good: the job is dead with the reason, what it spent is charged', async () => {
    const tenant = await exhaustedTenant(api);
    const jobs = await queueJobs(tenant);
    await withTrigger("NEW.state = 'succeeded'", 'P0001', async () => {
      for (const job of await runAll(tenant, jobs)) {
        expect(job).toMatchObject({ state: 'dead', result: null });
        expect(job.error.message).toContain('could not be recorded');
      }
    });
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1 + JOBS, held: 0 });
    tried('permanent errors', JOBS);
  });

  it('in any state: the queue ends it all the same', async () => {
    const tenant = await exhaustedTenant(api);
    const jobs = await queueJobs(tenant);
    await withTrigger('true', 'P0001', async () => {
      await setLimits(api, tenant, { queries_hourly: 100 });
      const queue = api.app.get(FairQueue);
      for (const jobId of jobs) {
        const view = await queue.finished({ jobId, tenantId: tenant, timeoutMs: 20_000 });
        expect(view).toMatchObject({ state: 'dead' });
      }
      while (host().worker.running > 0) await pause();
    });
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1 + JOBS, held: 0 });
    tried('permanent errors', JOBS);
  });

  it('for a while: it waits, asks the upstream once, and goes on', async () => {
    const tenant = await exhaustedTenant(api);
    const [job] = await queueJobs(tenant, 1);
    const before = upstream.asked.length;
    const warned = jest.spyOn(Logger.prototype, 'warn');
    await withTrigger("NEW.state = 'succeeded'", '53300', async () => {
      await setLimits(api, tenant, { queries_hourly: 100 });
      while (upstream.asked.length === before) await pause();
      const ready = async () => (await api.send('GET', '/health/ready')).body;
      let report = await ready();
      // Longer than lease and grace.
      while (report.status === 'ok') {
        await new Promise((resolve) => setTimeout(resolve, 100));
        report = await ready();
      }
      expect(JSON.stringify(report)).toContain(`1 of ${SLOTS} slots are held beyond lease and grace`);
      const headers = { 'x-admin-key': ADMIN_KEY };
      const metrics = await (await fetch(`${api.url}/metrics`, { headers })).text();
      expect(metrics).toContain('fairshare_queue_stuck_runs 1');
      // Some looks of the worker at its slots later, the log has said it once.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      const said = warned.mock.calls
        .map(String)
        .filter((text) => text.includes('held beyond lease and grace'));
      expect(said).toEqual([expect.stringContaining(job!)]);
      expect((await api.get(tenant, `/jobs/${job}`)).body).toMatchObject({ finished_at: null });
    });
    expect(await endOf(tenant, job!)).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(upstream.asked.length).toBe(before + 1);
    warned.mockRestore();
    tried('permanent errors', 1);
  });
});

describe('a head of line that no limit in force admits', () => {
  beforeAll(async () => {
    const bucket = { name: 'tokens_rate', resource: 'tokens', kind: 'bucket', period: 'minute' };
    const level = { name: 'tokens_bought', resource: 'tokens', kind: 'level' };
    for (const limit of [bucket, level]) {
      expect((await api.admin('POST', '/admin/limits', limit)).status).toBe(201);
    }
  });

  it.each([
    'tokens_daily',
    'cost_units_daily',
    'concurrent_queries',
    'queries_monthly',
    'tokens_rate',
    'tokens_bought',
  ])(
    'because %s was lowered: it is dead with that reason, and runs when it is raised and requeued',
    async (name) => {
      const tenant = await exhaustedTenant(api);
      const { body } = await api.query(tenant, 'dear', { model: 'gpt-4', max_tokens: 1_000 });
      await setLimits(api, tenant, { [name]: 0, queries_hourly: 100 });
      const job = await endOf(tenant, body.job_id as string);
      expect(job).toMatchObject({ state: 'dead', attempts: 0, error: { code: 'cost_exceeds_limit' } });
      expect(job.error.message).toContain(name);
      await setLimits(api, tenant, { [name]: 1_000_000 });
      const requeue = { tenant_id: tenant, job_id: body.job_id };
      expect((await api.admin('POST', '/admin/queue/requeue', requeue)).body).toMatchObject({ requeued: 1 });
      expect(await endOf(tenant, body.job_id as string)).toMatchObject({ state: 'succeeded', error: null });
      tried('permanent errors', 1);
    },
  );

  it('waits, and does not die, while a level is full that would take it once it is lowered', async () => {
    const tenant = await exhaustedTenant(api);
    await setLimits(api, tenant, { tokens_bought: 3_000 });
    const tenantId = parseTenantId(tenant);
    const quota = api.app.get(QuotaService);
    const { body } = await api.query(tenant, 'dear', { max_tokens: 2_000 });
    await quota.record({ tenantId, cost: { tokens: 2_900 } });
    await setLimits(api, tenant, { queries_hourly: 100 });
    const explain = () => api.app.get(FairQueue).explain({ jobId: body.job_id, tenantId: tenant });
    while ((await explain())?.parkReason !== 'tokens_bought') await pause();
    expect((await api.get(tenant, `/jobs/${body.job_id}`)).body).toMatchObject({
      state: 'waiting',
      attempts: 0,
    });
    await quota.adjust({ tenantId, resource: 'tokens', delta: -2_500 });
    expect(await endOf(tenant, body.job_id as string)).toMatchObject({ state: 'succeeded', attempts: 1 });
    tried('permanent errors', 1);
  });

  it('lets the cheaper ones behind it run', async () => {
    const tenant = await exhaustedTenant(api);
    const dear = await api.query(tenant, 'dear', { max_tokens: 5_000 });
    const [cheap] = await queueJobs(tenant, 1);
    await setLimits(api, tenant, { tokens_daily: 3_000, queries_hourly: 100 });
    expect(await endOf(tenant, dear.body.job_id as string)).toMatchObject({ state: 'dead' });
    expect(await endOf(tenant, cheap!)).toMatchObject({ state: 'succeeded' });
    tried('permanent errors', 2);
  });

  it('tells a client that waits for it that the cost exceeds the limit', async () => {
    const tenant = await exhaustedTenant(api);
    const headers = { 'x-tenant-id': tenant, prefer: 'wait=20' };
    const waiting = api.send('POST', '/query', headers, { query: 'dear' });
    while ((await api.get(tenant, '/jobs')).body.jobs.length === 0) await pause();
    await setLimits(api, tenant, { tokens_daily: 1, queries_hourly: 100 });
    const { status, body } = await waiting;
    expect([status, body.code, body.state]).toEqual([422, 'cost_exceeds_limit', 'dead']);
    tried('permanent errors', 1);
  });

  it('waits, and does not die, while its tenant is suspended', async () => {
    const tenant = await exhaustedTenant(api);
    const [job] = await queueJobs(tenant, 1);
    await api.admin('PATCH', `/admin/tenants/${tenant}`, { status: 'suspended' });
    await setLimits(api, tenant, { queries_hourly: 100 });
    const explain = () => api.app.get(FairQueue).explain({ jobId: job!, tenantId: tenant });
    while ((await explain())?.parkReason !== 'the tenant is suspended') await pause();
    await api.admin('PATCH', `/admin/tenants/${tenant}`, { status: 'active' });
    expect(await endOf(tenant, job!)).toMatchObject({ state: 'succeeded' });
    tried('permanent errors', 1);
  });
});

describe('configuration that is gone', () => {
  it('a model without a row is weighed as unknown, and its job ends', async () => {
    const model = 'gone-model';
    await api.admin('PUT', `/admin/models/${model}`, {
      context_window: 100_000,
      input_micro_units_per_token: 1,
      output_micro_units_per_token: 1,
      minimum_units: 1,
    });
    const tenant = await exhaustedTenant(api);
    const { body } = await api.query(tenant, 'queued', { model });
    expect(body.job_id).toBeDefined();
    expect((await api.admin('DELETE', `/admin/models/${model}`)).status).toBeLessThan(300);
    const [job] = await runAll(tenant, [body.job_id as string]);
    expect(job).toMatchObject({ state: 'succeeded' });
    tried('permanent errors', 1);
  });
});
