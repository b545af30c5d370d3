import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { type OwnRedis, startRedis } from '../support/redis.js';
import { limitOf, newTenant } from '../support/tenants.js';

let redis: OwnRedis;
let proxy: FaultProxy;
let api: TestApi;

beforeAll(async () => {
  redis = await startRedis();
  proxy = new FaultProxy({ host: '127.0.0.1', port: redis.port });
  const port = await proxy.start();
  api = await startApi({
    REDIS_URL: `redis://127.0.0.1:${port}`,
    WORKER: 'off',
    QUOTA_DEADLINE_MS: '300',
    QUOTA_LEASE_MS: '3600000',
  });
});
afterAll(async () => {
  await api.close();
  await proxy.stop();
  await redis.close();
});

/** Until no hold of the tenant is open: a lease of an hour does not end by itself here. */
async function noHolds(tenantId: string): Promise<void> {
  for (;;) {
    const { status, body } = await api.get(tenantId, '/quota/status');
    const limits = (status === 200 ? body.limits : undefined) as { held: number }[] | undefined;
    if (limits?.every(({ held }) => held === 0)) return;
    await pause(20);
  }
}

const ask = (tenantId: string, key?: string) =>
  api.send(
    'POST',
    '/query',
    { 'x-tenant-id': tenantId, ...(key ? { 'idempotency-key': key } : {}) },
    { query: 'patient' },
  );

describe('a hold whose caller was told that there is none', () => {
  it.each([undefined, '"mine"'])('is not made late by a Redis that wakes up (key %s)', async (key) => {
    const tenantId = await newTenant(api, { queries_hourly: 1 });
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 0 });
    process.kill(redis.pid, 'SIGSTOP');
    expect((await ask(tenantId, key)).status).toBe(503);
    process.kill(redis.pid, 'SIGCONT');
    await noHolds(tenantId);
    expect((await ask(tenantId, key)).status).toBe(200);
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 1, held: 0 });
  });

  it.each([undefined, '"mine"'])('is cancelled where only its reply was lost (key %s)', async (key) => {
    const tenantId = await newTenant(api, { queries_hourly: 1 });
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 0 });
    proxy.fault = { kind: 'drop replies' };
    expect((await ask(tenantId, key)).status).toBe(503);
    proxy.fault = { kind: 'pass' };
    await noHolds(tenantId);
    expect((await ask(tenantId, key)).status).toBe(200);
    expect(await limitOf(api, tenantId)).toMatchObject({ used: 1, held: 0 });
  });
});
