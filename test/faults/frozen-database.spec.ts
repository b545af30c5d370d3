import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LookupPrisma } from 'fairshare/prisma';
import { type Answer, startApi, type TestApi } from '../support/api.js';
import { databaseProxy } from '../support/database.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import { newTenant } from '../support/tenants.js';

const TTL_MS = 100;
const DEADLINE_MS = 1_000;

jest.setTimeout(60_000);

/** Shares everything with the node but the way to PostgreSQL. */
let twin: TestApi;
let node: TestApi;
let proxy: FaultProxy;

beforeAll(async () => {
  twin = await startApi({ WORKER: 'off' });
  const proxied = await databaseProxy(twin.data['DATABASE_URL']!);
  proxy = proxied.proxy;
  node = await startApi(
    {
      DATABASE_URL: proxied.url,
      WORKER: 'off',
      QUOTA_CACHE_TTL_MS: String(TTL_MS),
      QUOTA_DEADLINE_MS: String(DEADLINE_MS),
    },
    twin.data,
  );
});
afterAll(async () => {
  proxy.fault = { kind: 'pass' };
  proxy.cut();
  await node.close();
  await proxy.stop();
  await twin.close();
});
beforeEach(async () => {
  proxy.fault = { kind: 'pass' };
  proxy.cut();
  await until(async () => (await node.query(await newTenant(twin), 'is all well')).status === 200);
});

interface Key {
  readonly id: number;
  readonly tenantId: string;
  readonly key: string;
}

async function newKey(): Promise<Key> {
  const tenantId = await newTenant(twin);
  const { body } = await twin.admin('POST', `/admin/tenants/${tenantId}/api-keys`, { name: 'mine' });
  return { id: body.id as number, key: body.key as string, tenantId };
}

const ask = (key: string) =>
  node.send('POST', '/query', { authorization: `Bearer ${key}` }, { query: 'who remembers me' });

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(50);
}

/** PostgreSQL takes what is sent and answers nothing, and all that the node remembers is older than its time. */
async function freeze(): Promise<void> {
  proxy.fault = { kind: 'blackhole' };
  await pause(2 * TTL_MS);
}

/** What a statement without a budget comes to, on the same connections. */
const unbounded = () =>
  node.app
    .get(LookupPrisma)
    .tenant.count()
    .then(
      () => 'an answer of PostgreSQL',
      () => 'an error of PostgreSQL',
    );

const expectUnavailable = ({ status, headers, body }: Answer) => {
  expect([status, body.code]).toEqual([503, 'unavailable']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(headers.get('content-type')).toContain('application/problem+json');
};

describe('while PostgreSQL is frozen', () => {
  it('tenants that the node knows are decided from memory, by header and by API key alike', async () => {
    const known = await newKey();
    expect((await node.query(known.tenantId, 'hello')).status).toBe(200);
    expect((await ask(known.key)).status).toBe(200);
    await freeze();
    const given = unbounded();
    const answered = (async () => {
      const statuses: number[] = [];
      for (let turn = 0; turn < 5; turn += 1) {
        statuses.push((await node.query(known.tenantId, 'hello')).status, (await ask(known.key)).status);
        await pause(TTL_MS);
      }
      return statuses;
    })();
    expect(await Promise.race([answered, given])).toEqual(Array(10).fill(200));
  });

  it('one that it does not know gets 503 and Retry-After before PostgreSQL is given up', async () => {
    const stranger = await newKey();
    await freeze();
    const given = unbounded();
    for (const asked of [node.query(stranger.tenantId, 'hello'), ask(stranger.key)]) {
      const answer = await Promise.race([asked, given]);
      expectUnavailable(answer as Answer);
    }
    expectUnavailable(await ask(`fsk_${randomUUID()}`));
  });

  it('a key that is revoked elsewhere is believed no more', async () => {
    const revoked = await newKey();
    expect((await ask(revoked.key)).status).toBe(200);
    await freeze();
    expect((await ask(revoked.key)).status).toBe(200);
    const path = `/admin/tenants/${revoked.tenantId}/api-keys/${revoked.id}`;
    expect((await twin.admin('DELETE', path)).status).toBe(204);
    await until(async () => (await ask(revoked.key)).status !== 200);
    expectUnavailable(await ask(revoked.key));
  });

  it('all is normal once the network is back, without a restart', async () => {
    const stranger = await newKey();
    const known = await newKey();
    expect((await ask(known.key)).status).toBe(200);
    await freeze();
    expectUnavailable(await ask(stranger.key));
    proxy.fault = { kind: 'pass' };
    await until(async () => (await ask(stranger.key)).status === 200);
    const limits = { limits: { queries_hourly: 77 }, tenant_id: known.tenantId };
    expect((await twin.admin('POST', '/admin/quota/update', limits)).status).toBeLessThan(300);
    await until(async () => {
      const { body } = await node.get(known.tenantId, '/quota/status');
      return body.limits?.find(({ name }: { name: string }) => name === 'queries_hourly')?.limit === 77;
    });
  });
});
