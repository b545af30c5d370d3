import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, type RedisClient, redisReady } from 'fairshare/redis';
import { createQuota, parseTenantId, type Quotas } from 'fairshare/quota';
import type { Cluster } from 'ioredis';
import { define, MemoryLimits } from './support/quota-harness.js';
import { startRedisCluster, type TestCluster } from './support/redis-cluster.js';

const TOKENS = define(1, 'tokens_monthly', 'tokens', 'window', 'month');
const BYTES = define(2, 'bytes', 'bytes', 'level');
const SLOTS = define(3, 'slots', 'queries', 'concurrency');
const BURST = define(4, 'burst', 'queries', 'bucket', 'minute');
const IDS = [
  'acme',
  'a{b}c',
  '{}',
  '}{',
  '**',
  'x:y',
  'übergröße',
  '日本',
  'a b',
  '%7B',
  "it's(!)~",
  '{',
  '__proto__',
];

let cluster: TestCluster;
let redis: RedisClient;
let quota: Quotas;
const limits = new MemoryLimits();

beforeAll(async () => {
  cluster = await startRedisCluster();
  redis = connectRedis({ url: cluster.url });
  await redisReady(redis, 10_000);
  quota = createQuota(redis, { limits, deadlineMs: 5_000 });
}, 60_000);

afterAll(async () => {
  quota.invalidation.onApplicationShutdown();
  await closeRedis(redis);
  await cluster.close();
});

describe('on a cluster of three nodes', () => {
  it.each(IDS)('every verb works for the tenant %p', async (id) => {
    const tenantId = parseTenantId(id);
    limits.set(tenantId, [
      { definition: TOKENS, value: 1_000 },
      { definition: BYTES, value: 1_000 },
      { definition: SLOTS, value: 10 },
      { definition: BURST, value: 60, burst: 60 },
    ]);
    const cost = { tokens: 10, queries: 1, bytes: 2 };
    const { service } = quota;
    expect(await service.check({ tenantId, cost })).toMatchObject({ allowed: true });
    expect(await service.spend({ tenantId, cost })).toMatchObject({ allowed: true });
    const held = await service.reserve({ tenantId, cost });
    const cancelled = await service.reserve({ tenantId, cost });
    const { operationId } = held;
    expect(await service.extend({ tenantId, operationId, cost: { tokens: 30 } })).toMatchObject({
      allowed: true,
    });
    expect(await service.settle({ tenantId, operationId })).toMatchObject({ outcome: 'settled' });
    expect(await service.cancel({ tenantId, operationId: cancelled.operationId })).toMatchObject({
      outcome: 'cancelled',
    });
    await service.record({ tenantId, cost: { tokens: 5 } });
    await service.adjust({ tenantId, resource: 'bytes', delta: 6 });
    expect((await service.status({ tenantId })).limits).toMatchObject([
      { used: 45 },
      { used: 10 },
      { held: 0 },
      {},
    ]);
    expect((await service.reset({ tenantId })).limits).toMatchObject([
      { used: 0 },
      { used: 0 },
      { held: 0 },
      { used: 0 },
    ]);
  });

  it('spreads tenants over all nodes', async () => {
    const sizes = await Promise.all((redis as Cluster).nodes('master').map((node) => node.dbsize()));
    expect(sizes).toHaveLength(3);
    for (const size of sizes) expect(size).toBeGreaterThan(0);
  });

  it('tells every node of a change', async () => {
    const other = createQuota(redis, { limits });
    other.invalidation.onModuleInit();
    quota.invalidation.onModuleInit();
    const tenantId = parseTenantId('acme');
    const heard = new Promise((resolve) => other.invalidation.onInvalidated(resolve));
    // Until the subscription stands nothing is heard: tell again until it is.
    const telling = setInterval(() => void quota.invalidation.publish(tenantId).catch(() => undefined), 50);
    expect(await heard).toBe(tenantId);
    clearInterval(telling);
    other.invalidation.onApplicationShutdown();
  });
});
