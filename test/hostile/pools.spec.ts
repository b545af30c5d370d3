import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BackgroundPrisma, LookupPrisma, PrismaService } from 'fairshare/prisma';
import { RedisConnection } from 'fairshare/redis';
import { UsageWriter } from '../../apps/api/src/usage/usage-writer.js';
import { startApi, type TestApi } from '../support/api.js';
import { holdExecutor } from '../support/held-executor.js';
import { exhaustedTenant, newTenant, setLimits } from '../support/tenants.js';
import { tried } from '../support/tried.js';

/** Three for requests, one for look-ups, one for the background. */
const POOL = { DATABASE_POOL_SIZE: '5' };
const MORE_THAN_ALL = 5;

/** The node whose connections are taken; another one acts and looks beside it. */
let api: TestApi;
let beside: TestApi;

beforeAll(async () => {
  api = await startApi({ ...POOL, FREE_REQUEST_LIMITS: 'false' });
  beside = await startApi({ WORKER: 'off' }, api.data);
});
afterAll(async () => {
  await beside.close();
  await api.close();
});

type Purpose = typeof PrismaService | typeof LookupPrisma | typeof BackgroundPrisma;

/** Takes every connection of a purpose, and has further ones wait for it, until what it gives is called. */
async function exhaust(purpose: Purpose): Promise<() => Promise<void>> {
  const client = api.app.get(purpose);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let taken: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (taken = resolve));
  const held = Array.from({ length: MORE_THAN_ALL }, () =>
    client
      .$transaction(
        async (tx) => {
          await tx.$queryRaw`SELECT 1`;
          taken();
          await released;
        },
        { timeout: 60_000, maxWait: 60_000 },
      )
      // Who waited too long for a connection.
      .catch(() => undefined),
  );
  await first;
  const free = client.$queryRaw`SELECT 1`.then(
    () => true,
    () => false,
  );
  expect(await free).toBe(false);
  return async () => {
    release();
    await Promise.all(held);
  };
}

interface RunningJob {
  readonly tenant: string;
  readonly id: string;
  readonly release: () => void;
  readonly restore: () => void;
}

/** A job that this node runs until it is released. */
async function runningJob(): Promise<RunningJob> {
  const tenant = await exhaustedTenant(api);
  const { body } = await api.query(tenant, 'later');
  const held = holdExecutor(api);
  await setLimits(beside, tenant, { queries_hourly: 10 });
  await held.began();
  return { tenant, id: body.job_id as string, release: () => held.release(), restore: () => held.restore() };
}

async function endOf({ tenant, id }: RunningJob): Promise<string> {
  for (;;) {
    const { body } = await beside.get(tenant, `/jobs/${id}`);
    if (body.finished_at !== null) return body.state as string;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('where all connections of one purpose are taken, the others keep theirs', () => {
  const listed = (tenant: string) => api.get(tenant, '/jobs').then(({ status }) => status);
  /** Of a tenant whose limits no memory of this node has, and whose counters Redis does not know. */
  const lookedUp = async () => {
    const tenant = await newTenant(beside);
    return (await api.get(tenant, '/quota/status')).status;
  };

  it.each<[string, Purpose, { list: number; lookUp: number }]>([
    ['requests', PrismaService, { list: 503, lookUp: 200 }],
    ['look-ups', LookupPrisma, { list: 200, lookUp: 503 }],
  ])('%s', async (_, purpose, expected) => {
    const job = await runningJob();
    const free = await exhaust(purpose);
    try {
      expect(await listed(job.tenant)).toBe(expected.list);
      expect(await lookedUp()).toBe(expected.lookUp);
      expect((await api.get(job.tenant, '/quota/status')).status).toBe(200);
      job.release();
      expect(await endOf(job)).toBe('succeeded');
    } finally {
      await free();
      job.restore();
    }
    expect([await listed(job.tenant), await lookedUp()]).toEqual([200, 200]);
    tried('connections', 6);
  });

  it('background: a tenant whose counters Redis does not know is served, with what is not written yet', async () => {
    const tenant = await newTenant(api);
    const redis = api.app.get<{
      keys(pattern: string): Promise<string[]>;
      del(keys: string[]): Promise<number>;
    }>(RedisConnection);
    const used = async () => {
      const { status, body } = await api.get(tenant, '/quota/status');
      return [status, (body.limits as { name: string; used: number }[]).find(isHourly)?.used];
    };
    const free = await exhaust(BackgroundPrisma);
    try {
      expect(await listed(tenant)).toBe(200);
      expect(await lookedUp()).toBe(200);
      for (let n = 0; n < 3; n += 1) expect((await api.query(tenant, 'once')).status).toBe(200);
      expect(await redis.del(await redis.keys(`*${tenant}*`))).toBeGreaterThan(0);
      expect(await used()).toEqual([200, 3]);
    } finally {
      await free();
    }
    await api.app.get(UsageWriter).flush();
    expect(await used()).toEqual([200, 3]);
    tried('connections', 8);
  });
});

const isHourly = ({ name }: { name: string }) => name === 'queries_hourly';
