import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Retention } from '../../apps/api/src/retention/retention.js';
import { startApi, type TestApi } from '../support/api.js';
import { newTenant } from '../support/tenants.js';
import { tried } from '../support/tried.js';

const DAY_MS = 86_400_000;
const NOW = new Date();
const ago = (days: number) => new Date(NOW.getTime() - days * DAY_MS);
let api: TestApi;

beforeAll(async () => {
  api = await startApi({ MAX_ENDED_JOBS_PER_TENANT: '20', JOB_ROW_RETENTION_DAYS: '30', WORKER: 'off' });
});
afterAll(() => api.close());

const job = (tenantId: string, state: 'succeeded' | 'cancelled' | 'expired' | 'dead', days: number) => ({
  id: randomUUID(),
  tenantId,
  name: 'query',
  payload: {},
  cost: { units: 1 },
  weight: 1,
  maxAttempts: 3,
  state,
  createdAt: ago(days),
  finishedAt: ago(days),
});
const forget = (node = api) => node.app.get(Retention, { strict: false }).forget(NOW);

describe('what PostgreSQL keeps has an end', () => {
  it('of ended jobs by age, more than a batch of them, by two nodes at once', async () => {
    const tenant = await newTenant(api);
    const states = ['succeeded', 'cancelled', 'expired', 'dead'] as const;
    const old = Array.from({ length: 1_200 }, (_, n) => job(tenant, states[n % 4]!, 31));
    const young = states.map((state) => job(tenant, state, 29));
    const waiting = { ...job(tenant, 'succeeded', 400), state: 'waiting' as const, finishedAt: null };
    await api.prisma.job.createMany({ data: [...old, ...young, waiting] });
    const other = await startApi({ WORKER: 'off', JOB_ROW_RETENTION_DAYS: '30' }, api.data);
    await Promise.all([forget(), forget(other)]);
    await forget();
    await other.close();
    const left = await api.prisma.job.findMany({ where: { tenantId: tenant }, select: { id: true } });
    expect(left.map(({ id }) => id).sort()).toEqual([...young, waiting].map(({ id }) => id).sort());
    tried('retention', old.length);
  });

  it('of ended jobs by number, for each tenant, the oldest first', async () => {
    const [busy, calm] = [await newTenant(api), await newTenant(api)];
    const many = Array.from({ length: 30 }, (_, n) => job(busy, 'cancelled', n / 10));
    await api.prisma.job.createMany({ data: [...many, job(calm, 'cancelled', 3)] });
    await forget();
    const left = await api.prisma.job.findMany({ where: { tenantId: busy }, select: { id: true } });
    expect(left.map(({ id }) => id).sort()).toEqual(
      many
        .slice(0, 20)
        .map(({ id }) => id)
        .sort(),
    );
    expect(await api.prisma.job.count({ where: { tenantId: calm } })).toBe(1);
    tried('retention', many.length);
  });

  it("of operators' commands that have ended, by age alone", async () => {
    const command = (state: 'running' | 'done' | 'not_done', days: number) => ({
      id: randomUUID(),
      action: 'queue.pause',
      target: 'all tenants',
      actor: 'root',
      role: 'operate' as const,
      address: '::1',
      requestId: 'x',
      owner: randomUUID(),
      state,
      createdAt: ago(days),
      leaseUntil: new Date(NOW.getTime() + DAY_MS),
      finishedAt: state === 'running' ? null : ago(days),
    });
    const old = Array.from({ length: 600 }, (_, n) => command(n % 2 ? 'done' : 'not_done', 91));
    const kept = [command('done', 89), command('not_done', 1), command('running', 91)];
    await api.prisma.adminCommand.createMany({ data: [...old, ...kept] });
    await forget();
    const left = await api.prisma.adminCommand.findMany({ select: { id: true } });
    expect(left.map(({ id }) => id).sort()).toEqual(kept.map(({ id }) => id).sort());
    await api.prisma.adminCommand.deleteMany();
    tried('retention', old.length);
  });

  it('of the audit log by age alone, and never within 90 days; nothing else deletes from it', async () => {
    const entry = (action: string, days: number) => ({
      action,
      at: ago(days),
      actor: 'root',
      role: 'administer' as const,
      address: '::1',
      requestId: 'x',
      target: 'x',
    });
    const action = `old.${randomUUID()}`;
    await api.prisma.auditEntry.createMany({
      data: [...Array.from({ length: 700 }, () => entry(action, 401)), entry(action, 399), entry(action, 1)],
    });
    await forget();
    expect(await api.prisma.auditEntry.count({ where: { action } })).toBe(2);
    await api.prisma.$queryRaw`SELECT prune_audit(now(), 1000)`;
    expect(await api.prisma.auditEntry.count({ where: { action } })).toBe(1);
    await expect(api.prisma.$executeRaw`DELETE FROM audit_log`).rejects.toThrow('append-only');
    await expect(
      api.prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT prune_audit(now(), 1)`;
        await tx.$executeRaw`DELETE FROM audit_log`;
      }),
    ).rejects.toThrow('append-only');
    tried('retention', 704);
  });

  it('of answers kept for a key', async () => {
    const tenant = await newTenant(api);
    const kept = (hours: number) => ({
      tenantId: tenant,
      keyHash: randomUUID(),
      fingerprint: 'x',
      operationId: randomUUID(),
      owner: randomUUID(),
      lockedUntil: NOW,
      expiresAt: new Date(NOW.getTime() + hours * 3_600_000),
    });
    await api.prisma.idempotencyKey.createMany({
      data: [...Array.from({ length: 700 }, () => kept(-1)), kept(1)],
    });
    await forget();
    expect(await api.prisma.idempotencyKey.count({ where: { tenantId: tenant } })).toBe(1);
    tried('retention', 700);
  });
});
