import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FairQueue } from 'fairshare/queue';
import { redisReady } from 'fairshare/redis';
import { parseEnvironment } from '../../apps/api/src/config/environment.js';
import { examine } from '../../apps/api/src/reconciliation/doctor.js';
import type { Divergence } from '../../apps/api/src/reconciliation/pass.js';
import { Reconciler } from '../../apps/api/src/reconciliation/reconciler.js';
import { UsageWriter } from '../../apps/api/src/usage/usage-writer.js';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { holdExecutor } from '../support/held-executor.js';
import { type OwnRedis, startRedis } from '../support/redis.js';
import { exhaustedTenant, limitOf, newTenant } from '../support/tenants.js';

let redis: OwnRedis;
let api: TestApi;
let worker: TestApi;
let queue: FairQueue;

beforeAll(async () => {
  redis = await startRedis();
  api = await startApi({ REDIS_URL: redis.url, WORKER: 'off' });
  queue = api.app.get(FairQueue);
});
afterAll(async () => {
  await worker?.close();
  await api.close();
  await redis.close();
});

/** Compares everything, on this node; gives what was found and repaired, by kind. */
async function compare(): Promise<Record<string, readonly [found: number, repaired: number]>> {
  for (;;) {
    const divergences: readonly Divergence[] | undefined = await api.app
      .get(Reconciler, { strict: false })
      .compare();
    // The other node is at it.
    if (!divergences) await pause(20);
    else return Object.fromEntries(divergences.map(({ kind, found, repaired }) => [kind, [found, repaired]]));
  }
}

async function queued(tenantId: string): Promise<string> {
  const { status, body } = await api.query(tenantId, 'patient');
  expect(status).toBe(202);
  return body.job_id as string;
}

const OLD = new Date(Date.now() - 60_000);

async function row(tenantId: string, more: object = {}): Promise<string> {
  const id = randomUUID();
  const plan = { request: { query: 'x', model: 'gpt-3.5-turbo', max_tokens: 1 }, cost: { queries: 1 } };
  const data = { id, tenantId, name: 'query', cost: { units: 1 }, weight: 1, maxAttempts: 3, createdAt: OLD };
  await api.prisma.job.create({ data: { ...data, payload: { plan, weight: 1 }, ...more } });
  return id;
}

const stateOf = async (jobId: string) => (await queue.get({ jobId }))?.state;
const rowOf = (id: string) => api.prisma.job.findUnique({ where: { id } });

describe('npm run doctor', () => {
  it('shows what does not agree and changes nothing, until it is told to', async () => {
    const environment = parseEnvironment({ ADMIN_API_KEY: ADMIN_KEY, ...api.data, REDIS_URL: redis.url });
    const tenantId = await exhaustedTenant(api);
    // The service itself rests then.
    await compare();
    const jobId = await row(tenantId);
    const found = { kind: 'job_not_queued', found: 1, examples: [jobId] };
    const shown = await examine(environment, { repairs: false });
    expect(shown).toEqual([{ ...found, repaired: 0 }]);
    expect(await stateOf(jobId)).toBeUndefined();
    expect(await examine(environment, { repairs: true })).toEqual([{ ...found, repaired: 1 }]);
    expect(await stateOf(jobId)).toBe('waiting');
  });

  it('has help, and refuses unknown options with a status of its own', () => {
    const run = (...args: string[]) =>
      spawnSync('node', ['scripts/doctor.mjs', ...args], { encoding: 'utf8' });
    const help = run('--help');
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('--repair')]);
    expect(run('--wrong').status).toBe(2);
  });
});

describe('the reconciler', () => {
  it('finds nothing where all agree, and a job that was accepted is noted as told', async () => {
    const jobId = await queued(await exhaustedTenant(api));
    while ((await rowOf(jobId))!.accepting) await pause(10);
    await compare();
    expect(await compare()).toEqual({});
  });

  it('brings back what the queue does not know, and counts it', async () => {
    const jobId = await row(await exhaustedTenant(api));
    expect(await compare()).toEqual({ job_not_queued: [1, 1] });
    expect(await stateOf(jobId)).toBe('waiting');
    const metrics = await (
      await fetch(`${api.url}/metrics`, { headers: { 'x-admin-key': ADMIN_KEY } })
    ).text();
    expect(metrics).toMatch(/fairshare_divergences_total\{kind="job_not_queued",fate="repaired"\} [1-9]/);
  });

  it('takes back what its client was never told of, unless the queue has it or may have had it', async () => {
    const tenantId = await exhaustedTenant(api);
    await api.prisma.reconciler.update({ where: { id: 1 }, data: { memorySince: new Date(0) } });
    const lost = await row(tenantId, { accepting: true });
    const young = await row(tenantId, { accepting: true, createdAt: new Date() });
    const known = await row(tenantId, { accepting: true });
    await queue.restore({ jobId: known, tenantId, name: 'query' });
    await compare();
    expect(await rowOf(lost)).toBeNull();
    expect(await rowOf(young)).toMatchObject({ accepting: true });
    await api.prisma.job.delete({ where: { id: young } });
    expect(await rowOf(known)).toMatchObject({ accepting: false, state: 'waiting' });

    const perhaps = await row(tenantId, { accepting: true });
    await api.prisma.reconciler.update({ where: { id: 1 }, data: { memorySince: new Date() } });
    await compare();
    expect(await rowOf(perhaps)).toMatchObject({ accepting: false });
    expect(await stateOf(perhaps)).toBe('waiting');
  });

  it('ends in the queue what has no row, or has ended in its row', async () => {
    const tenantId = await exhaustedTenant(api);
    const orphan = randomUUID();
    await queue.restore({ jobId: orphan, tenantId, name: 'query' });
    const ended = await row(tenantId, { state: 'succeeded', finishedAt: new Date() });
    await queue.restore({ jobId: ended, tenantId, name: 'query' });
    await compare();
    await compare();
    expect([await stateOf(orphan), await stateOf(ended)]).toEqual(['cancelled', 'cancelled']);
  });

  it('tells the queue of dead jobs again, so that they can be requeued', async () => {
    const tenantId = await newTenant(api);
    const error = { message: 'It failed', code: 'upstream' };
    const jobId = await row(tenantId, { state: 'dead', attempts: 3, finishedAt: new Date(), error });
    expect(await compare()).toEqual({ dead_job_forgotten: [1, 1] });
    expect(await queue.get({ jobId })).toMatchObject({ state: 'dead', attempts: 3, error });
    const requeued = await api.admin('POST', '/admin/queue/requeue', { job_id: jobId });
    expect(requeued.body).toMatchObject({ state: 'done' });
    expect(await stateOf(jobId)).toBe('waiting');
    expect(await rowOf(jobId)).toMatchObject({ state: 'waiting', attempts: 0 });
  });

  it('pauses again what Redis forgot, and resumes nothing', async () => {
    const tenantId = await exhaustedTenant(api);
    await api.admin('POST', '/admin/queue/pause', { tenant_id: tenantId });
    await queue.resume(tenantId);
    expect(await compare()).toEqual({ pause_forgotten: [1, 1] });
    expect((await queue.tenantStats(tenantId)).paused).toBe(true);
    await api.admin('POST', '/admin/queue/resume', { tenant_id: tenantId });
    expect(await compare()).toEqual({});
    expect((await queue.tenantStats(tenantId)).paused).toBe(false);
  });

  it('does not undo what an operator reset', async () => {
    const tenantId = await exhaustedTenant(api);
    await api.app.get(UsageWriter, { strict: false }).flush();
    await api.admin('POST', '/admin/quota/reset', { tenant_id: tenantId });
    await compare();
    expect((await limitOf(api, tenantId)).used).toBe(0);
  });

  it('restores jobs, use and pauses when Redis comes back with an older memory', async () => {
    const [spender, paused] = [await newTenant(api), await newTenant(api)];
    const waiter = await exhaustedTenant(api);
    for (let query = 0; query < 3; query += 1) await api.query(spender, 'early');
    await redis.client.save();
    const late = await queued(waiter);
    for (let query = 0; query < 4; query += 1) await api.query(spender, 'late');
    await api.admin('POST', '/admin/queue/pause', { tenant_id: paused });
    await api.app.get(UsageWriter, { strict: false }).flush();

    process.kill(redis.pid, 'SIGKILL');
    await redis.restart();
    await redisReady(redis.client, 5_000);
    while ((await api.get(spender, '/quota/status')).status !== 200) await pause(20);
    // What the older memory says meanwhile does not reach the ledger.
    await api.query(spender, 'in between');
    await compare();
    expect((await limitOf(api, spender)).used).toBeGreaterThanOrEqual(7);
    const ledger = await api.prisma.usageLedger.findFirstOrThrow({
      where: { tenantId: spender, limitId: 1 },
    });
    expect(Number(ledger.used)).toBeGreaterThanOrEqual(7);
    expect(await stateOf(late)).toBe('waiting');
    expect((await queue.tenantStats(paused)).paused).toBe(true);
  });
});

describe('a worker', () => {
  it('does not run what has ended in the journal, or never stood in it', async () => {
    const tenantId = await newTenant(api);
    const ended = await row(tenantId, { state: 'succeeded', finishedAt: new Date() });
    const orphan = randomUUID();
    worker = await startApi({ REDIS_URL: redis.url }, api.data);
    const executor = holdExecutor(worker);
    executor.release();
    const payload = (await rowOf(ended))!.payload as object;
    for (const jobId of [ended, orphan]) {
      await queue.restore({ jobId, tenantId, name: 'query', payload: payload as never });
      await queue.finished({ jobId, tenantId, timeoutMs: 10_000 });
      expect(await stateOf(jobId)).toBe('cancelled');
    }
    expect(executor.count).toBe(0);
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 0, held: 0 });
  });
});
