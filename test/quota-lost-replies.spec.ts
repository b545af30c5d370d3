import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, type RedisClient, redisReady } from 'fairshare/redis';
import {
  createQuota,
  newOperationId,
  type OperationId,
  parseTenantId,
  QuotaUnavailableError,
  type QuotaService,
} from 'fairshare/quota';
import { FaultProxy } from './support/fault-proxy.js';
import { define, MemoryLimits } from './support/quota-harness.js';
import { type OwnRedis, startRedis } from './support/redis.js';

const TOKENS = define(1, 'tokens_monthly', 'tokens', 'window', 'month');
const SLOTS = define(2, 'slots', 'queries', 'concurrency');
const tenantId = parseTenantId('acme');

let server: OwnRedis;
let proxy: FaultProxy;
let redis: RedisClient;
let quota: QuotaService;
let proxyUrl: string;

beforeEach(async () => {
  server = await startRedis();
  proxy = new FaultProxy({ host: '127.0.0.1', port: server.port });
  proxyUrl = `redis://127.0.0.1:${await proxy.start()}`;
  redis = connectRedis({ url: proxyUrl, maxReconnectDelayMs: 20 });
  await redisReady(redis, 5_000);
  const limits = new MemoryLimits();
  limits.set(tenantId, [
    { definition: TOKENS, value: 1_000_000 },
    { definition: SLOTS, value: 1_000 },
  ]);
  quota = createQuota(redis, { limits, deadlineMs: 2_000 }).service;
});

afterEach(async () => {
  await closeRedis(redis);
  await proxy.stop();
  await server.close();
});

/** Calls again until an answer comes, as a client does that knows its operation id. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof QuotaUnavailableError)) throw error;
      await redisReady(redis, 5_000);
    }
  }
}

describe('behind a proxy that drops every third reply', () => {
  it('every verb moves its counter once', async () => {
    proxy.fault = { kind: 'drop replies', every: 3 };
    let repeated = 0;
    for (let index = 0; index < 40; index += 1) {
      const spent = newOperationId();
      const recorded = newOperationId();
      const held = newOperationId();
      const cost = { tokens: 10, queries: 1 };
      const answers = [
        await insist(() => quota.spend({ tenantId, operationId: spent, cost })),
        await insist(() => quota.record({ tenantId, operationId: recorded, cost })),
        await insist(() => quota.reserve({ tenantId, operationId: held, cost })),
        await insist(() => quota.extend({ tenantId, operationId: held, cost: { tokens: 25 } })),
        await insist(() => quota.settle({ tenantId, operationId: held, cost: { tokens: 15 } })),
        await insist(() => cancelled(newOperationId())),
      ];
      repeated += answers.filter((answer) => answer.repeated).length;
    }
    expect(proxy.dropped).toBeGreaterThan(50);
    expect(repeated).toBeGreaterThan(20);
    proxy.fault = { kind: 'pass' };
    const status = await insist(() => quota.status({ tenantId }));
    expect(status).toMatchObject({ openHolds: 0, limits: [{ used: 40 * 35, held: 0 }, { held: 0 }] });
  }, 60_000);
});

async function cancelled(operationId: OperationId) {
  await insist(() => quota.reserve({ tenantId, operationId, cost: { tokens: 100, queries: 1 } }));
  return insist(() => quota.cancel({ tenantId, operationId }));
}

describe('behind a proxy that swallows everything', () => {
  it('answers within its deadline in the declared mode, and recovers by itself', async () => {
    const limits = new MemoryLimits();
    limits.set(tenantId, [{ definition: TOKENS, value: 100 }]);
    const impatient = connectRedis({
      url: proxyUrl,
      commandTimeoutMs: 200,
      maxReconnectDelayMs: 20,
    });
    await redisReady(impatient, 5_000);
    const strict = createQuota(impatient, { limits, deadlineMs: 100 }).service;
    const lenient = createQuota(impatient, { limits, deadlineMs: 100, onUnavailable: 'allow' }).service;
    await strict.spend({ tenantId, cost: { tokens: 1 } });
    await lenient.spend({ tenantId, cost: { tokens: 1 } });
    proxy.fault = { kind: 'blackhole' };
    const operationId = newOperationId();
    await expect(strict.spend({ tenantId, operationId, cost: { tokens: 1 } })).rejects.toThrow(
      QuotaUnavailableError,
    );
    expect(await lenient.spend({ tenantId, cost: { tokens: 1 } })).toMatchObject({
      allowed: true,
      mode: 'degraded',
    });
    await expect(strict.settle({ tenantId, operationId })).rejects.toMatchObject({
      reason: expect.stringMatching(/^(deadline|overloaded)$/),
    });
    proxy.fault = { kind: 'pass' };
    proxy.cut();
    const again = () => strict.spend({ tenantId, operationId, cost: { tokens: 1 } });
    const answer = await insist(async () => {
      await redisReady(impatient, 5_000);
      return again();
    });
    expect(answer).toMatchObject({ allowed: true, mode: 'enforce', limits: [{ used: 3 }] });
    await closeRedis(impatient);
  }, 30_000);
});
