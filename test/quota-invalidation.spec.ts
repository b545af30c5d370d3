import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createQuota, type InvalidatedScope, parseTenantId, type Quotas } from 'fairshare/quota';
import { define, MemoryLimits } from './support/quota-harness.js';
import { type OwnRedis, startRedis } from './support/redis.js';

const TOKENS = define(1, 'tokens_monthly', 'tokens', 'window', 'month');
const acme = parseTenantId('acme');

let server: OwnRedis;
let here: Quotas;
let there: Quotas;
const limits = new MemoryLimits();

beforeAll(async () => {
  server = await startRedis();
  limits.set(acme, [{ definition: TOKENS, value: 1 }]);
  [here, there] = [createQuota(server.client, { limits }), createQuota(server.client, { limits })];
  there.invalidation.onModuleInit();
  while (!(await isSubscribed()));
});

afterAll(async () => {
  there.invalidation.onApplicationShutdown();
  await server.close();
});

const isSubscribed = async () => {
  const [, count] = (await server.client.call('PUBSUB', 'NUMSUB', 'fairshare:quota:invalidated')) as [
    string,
    number,
  ];
  return count > 0;
};

/** Resolves with what the other node is told next. */
const heard = () =>
  new Promise<InvalidatedScope>((resolve) => {
    const end = there.invalidation.onInvalidated((scope) => {
      end();
      resolve(scope);
    });
  });

const limitThere = async () => (await there.service.status({ tenantId: acme })).limits[0]!.limit;

describe('a change of limits', () => {
  it('is in force on another node as soon as it is told, on this one at once', async () => {
    expect([await limitThere(), (await here.service.status({ tenantId: acme })).limits[0]!.limit]).toEqual([
      1, 1,
    ]);
    limits.set(acme, [{ definition: TOKENS, value: 2 }], { version: 2 });
    expect(await limitThere()).toBe(1);
    const told = heard();
    await here.invalidation.publish(acme);
    expect((await here.service.status({ tenantId: acme })).limits[0]!.limit).toBe(2);
    expect(await told).toBe(acme);
    expect(await limitThere()).toBe(2);
  });

  it('of everybody is told as such, and a tenant named `*` is a tenant', async () => {
    for (const scope of ['all', parseTenantId('**')] as const) {
      const told = heard();
      await here.invalidation.publish(scope);
      expect(await told).toBe(scope);
    }
  });

  it('that was told while a node was cut off is known there on reconnection', async () => {
    limits.set(acme, [{ definition: TOKENS, value: 3 }], { version: 3 });
    const told = heard();
    await server.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    expect(await told).toBe('all');
    expect(await limitThere()).toBe(3);
  });
});
