import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parseOperationId, parseTenantId, QuotaService } from 'fairshare/quota';
import { digest } from '../apps/api/src/idempotency/idempotency-key.js';
import { Retention } from '../apps/api/src/retention/retention.js';
import { startApi, type TestApi } from './support/api.js';
import { type HeldExecutor, holdExecutor } from './support/held-executor.js';
import { exhaustedTenant, limitOf, newTenant, setLimits } from './support/tenants.js';

let api: TestApi;
let other: TestApi;
let held: HeldExecutor | undefined;

beforeAll(async () => {
  api = await startApi({ QUOTA_DEADLINE_MS: '5000' });
  other = await startApi({ QUOTA_DEADLINE_MS: '5000' }, api.data);
});
afterEach(() => held?.restore());
afterAll(async () => {
  await other.close();
  await api.close();
});

const ask = (tenant: string, key: string, query = 'once', node = api) =>
  node.send('POST', '/query', { 'x-tenant-id': tenant, 'idempotency-key': key }, { query });

/** The node that answered died before it could say so, and its lease is over. */
const fallSilent = (tenantId: string, key: string) =>
  api.prisma.idempotencyKey.updateMany({
    where: { tenantId, keyHash: digest(key) },
    data: { status: null, lockedUntil: new Date(0) },
  });

describe('a request with an Idempotency-Key', () => {
  it('gets the same answer when it is repeated, on any node, and spends once', async () => {
    const tenant = await newTenant(api);
    const first = await ask(tenant, 'a');
    const second = await ask(tenant, 'a', 'once', other);
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([200, null]);
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('ratelimit')).toContain('"queries_hourly";r=99;');
    expect(second.headers.get('ratelimit-policy')).toContain('"queries_hourly";q=100;w=3600');
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it('gets the same job when it was queued', async () => {
    const tenant = await exhaustedTenant(api);
    const first = await ask(tenant, 'a');
    const second = await ask(tenant, 'a', 'once', other);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await api.prisma.job.count({ where: { tenantId: tenant } })).toBe(1);
  });

  it('runs once when it comes many times at once, over two nodes', async () => {
    const tenant = await newTenant(api);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ask(tenant, 'a', 'once', n % 2 ? api : other)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.filter(({ headers }) => headers.has('idempotency-replayed'))).toHaveLength(19);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it('is done by the one that waits when the first one leaves', async () => {
    const tenant = await newTenant(api);
    held = holdExecutor(api);
    const leave = new AbortController();
    const first = fetch(`${api.url}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant-id': tenant, 'idempotency-key': 'a' },
      body: JSON.stringify({ query: 'once' }),
      signal: leave.signal,
    }).catch(() => 'left');
    await held.began();
    const second = ask(tenant, 'a', 'once', other);
    leave.abort();
    expect(await first).toBe('left');
    const answer = await second;
    expect([answer.status, answer.headers.has('idempotency-replayed')]).toEqual([200, false]);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it('is refused with another body, and is another tenant’s own', async () => {
    const [tenant, stranger] = [await newTenant(api), await newTenant(api)];
    await ask(tenant, 'a');
    const reused = await ask(tenant, 'a', 'something else');
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency_key_reused']);
    const foreign = await ask(stranger, 'a', 'something else');
    expect([foreign.status, foreign.headers.has('idempotency-replayed')]).toEqual([200, false]);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it('takes 1 to 255 printable characters as a key', async () => {
    const tenant = await newTenant(api);
    for (const key of ['', ' ', 'x'.repeat(256), 'schlüssel', 'a\tb', '""']) {
      const answer = await ask(tenant, Buffer.from(key).toString('latin1'));
      expect([key, answer.status, answer.body.code]).toEqual([key, 400, 'invalid_request']);
    }
    expect((await ask(tenant, 'x'.repeat(255))).status).toBe(200);
    expect((await ask(tenant, 'q')).status).toBe(200);
    expect((await ask(tenant, '"q"')).headers.get('idempotency-replayed')).toBe('true');
    expect(await limitOf(api, tenant)).toMatchObject({ used: 2, held: 0 });
  });

  it('is decided anew after a failure or a refusal, which cost nothing', async () => {
    const tenant = await newTenant(api, { queries_hourly: 1 });
    held = holdExecutor(api);
    held.release(new Error('the upstream is on fire'));
    expect((await ask(tenant, 'a')).status).toBe(500);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 0, held: 0 });
    held.restore();
    const again = await ask(tenant, 'a');
    expect([again.status, again.headers.has('idempotency-replayed')]).toEqual([200, false]);

    await api.prisma.tenant.update({ where: { id: tenant }, data: { tier: { create: rejecting() } } });
    await api.admin('POST', '/admin/quota/update', { tenant_id: tenant, limits: { queries_hourly: 1 } });
    expect((await ask(tenant, 'b')).status).toBe(429);
    await setLimits(api, tenant, { queries_hourly: 2 });
    expect((await ask(tenant, 'b')).status).toBe(200);
  });

  it('is charged once when the node died after the charge, before it could answer', async () => {
    const tenant = await newTenant(api);
    await ask(tenant, 'a');
    await fallSilent(tenant, 'a');
    const repeated = await ask(tenant, 'a', 'once', other);
    expect([repeated.status, repeated.headers.has('idempotency-replayed')]).toEqual([200, false]);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 1, held: 0 });
  });

  it('is charged once when the node died while it ran', async () => {
    const tenant = parseTenantId(await newTenant(api));
    const [operationId, owner] = [randomUUID(), randomUUID()];
    const quota = api.app.get(QuotaService);
    await quota.reserve({
      tenantId: tenant,
      operationId: parseOperationId(operationId),
      cost: { queries: 1 },
    });
    await ask(tenant, 'a');
    await api.prisma.idempotencyKey.updateMany({ where: { tenantId: tenant }, data: { operationId, owner } });
    await fallSilent(tenant, 'a');
    expect((await ask(tenant, 'a')).status).toBe(200);
    expect(await limitOf(api, tenant)).toMatchObject({ used: 2, held: 0 });
  });

  it('is queued once when the node died after it was queued', async () => {
    const tenant = await exhaustedTenant(api);
    const first = await ask(tenant, 'a');
    await fallSilent(tenant, 'a');
    const repeated = await ask(tenant, 'a', 'once', other);
    expect([repeated.status, repeated.body.job_id]).toEqual([202, first.body.job_id]);
    expect(await api.prisma.job.count({ where: { tenantId: tenant } })).toBe(1);
  });

  it('is forgotten after a day', async () => {
    const tenant = await newTenant(api);
    const kept = async () => (await api.prisma.idempotencyKey.findFirst({ where: { tenantId: tenant } }))!;
    await ask(tenant, 'a');
    const { expiresAt, lockedUntil } = await kept();
    // Both were written by one statement: the lease of 30 s and the day began together.
    expect(expiresAt.getTime() - lockedUntil.getTime()).toBe(86_400_000 - 30_000);
    await api.prisma.idempotencyKey.updateMany({
      where: { tenantId: tenant },
      data: { expiresAt: new Date(0) },
    });
    const again = await ask(tenant, 'a', 'another body is fine now');
    expect([again.status, again.headers.has('idempotency-replayed')]).toEqual([200, false]);
    await api.app.get(Retention, { strict: false }).forget(new Date(expiresAt.getTime() + 3_600_000));
    expect(await api.prisma.idempotencyKey.count({ where: { tenantId: tenant } })).toBe(0);
  });

  it('waits for the first one no longer than MAX_WAIT_SECONDS', async () => {
    const hasty = await startApi({ MAX_WAIT_SECONDS: '0' }, api.data);
    try {
      const tenant = await newTenant(api);
      held = holdExecutor(api);
      const first = ask(tenant, 'a');
      await held.began();
      const second = await ask(tenant, 'a', 'once', hasty);
      expect([second.status, second.body.code, second.headers.get('retry-after')]).toEqual([
        409,
        'conflict',
        '1',
      ]);
      held.release();
      expect((await first).status).toBe(200);
    } finally {
      await hasty.close();
    }
  });
});

function rejecting() {
  return { name: `reject-${randomUUID().slice(0, 8)}`, queueDepth: 1, overflow: 'reject' as const };
}
