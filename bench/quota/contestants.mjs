import { createQuota, parseTenantId } from 'fairshare/quota';
import { peer } from '../lib/peers.mjs';
import { FIVE, limitSource, ONE } from './limits.mjs';

const COST = { queries: 1, tokens: 10, cost_units: 3 };
const OPEN = 1_000_000_000;
// What COST leaves nothing of: the first call of a tenant that shall be denied uses up its quota.
const SPENT_BY_ONE = 10;
const DAY_S = 86_400;
const SECONDS = [3_600, DAY_S, 30 * DAY_S, DAY_S, DAY_S];

/** How many tenants take part: as many are open, and as many again have used up their quota. */
export const TENANTS = 1_000;

/** Whose turn it is in call `n`. `denied` is the part of calls (0 to 1) that come from a tenant without quota. */
export function pickTenant({ load = 'uniform', denied = 0 }) {
  return (n) => {
    // A number that looks random, from the call's own (Knuth's multiplicative hash): every contestant gets the same.
    const roll = (Math.imul(n + 1, 2654435761) >>> 0) / 2 ** 32;
    const spread = (Math.imul(n + 1, 40503) >>> 0) % TENANTS;
    const tenant = load === 'hot' ? 0 : load === 'skewed' ? Math.floor(spread ** 3 / TENANTS ** 2) : spread;
    return { tenant, isDenied: roll < denied };
  };
}

/**
 * Everything that is measured, each as {name, decide({tenant, isDenied})}. All share one connection, on which ioredis
 * pipelines by itself for the peers and the empty script, and each call is one decision by as many limits as its name says.
 */
export function createContestants(redis) {
  return {
    empty: emptyScript(redis),
    five: ours(redis, 'five', FIVE),
    one: ours(redis, 'one', ONE),
    hold: reserveAndSettle(redis),
    rlfFive: rateLimiterFlexible(redis, 5),
    rlfOne: rateLimiterFlexible(redis, 1),
    throttlerFive: throttlerStorage(redis, 5),
  };
}

/** What one call of any script costs at least. */
function emptyScript(redis) {
  let sha;
  return {
    name: 'empty EVALSHA',
    async decide({ tenant }) {
      sha ??= await redis.script('LOAD', 'return 1');
      return redis.evalsha(sha, 1, `bench:empty:${tenant}`);
    },
  };
}

function ours(redis, name, definitions) {
  const { service } = createQuota(redis, {
    keyPrefix: `bench:${name}`,
    deadlineMs: 10_000,
    cache: { ttlMs: 3_600_000 },
    limits: limitSource(definitions, (_, tenantId) => (tenantId.startsWith('denied') ? SPENT_BY_ONE : OPEN)),
  });
  const ids = tenantIds(parseTenantId);
  return {
    name: `fairshare, ${definitions.length} limit${definitions.length > 1 ? 's' : ''}`,
    decide: ({ tenant, isDenied }) => service.spend({ tenantId: ids(tenant, isDenied), cost: COST }),
    service,
    ids,
  };
}

/** What no peer has: the cost is held until the true one is known. Two calls. */
function reserveAndSettle(redis) {
  const { service, ids } = ours(redis, 'hold', FIVE);
  return {
    name: 'fairshare, 5 limits, reserve + settle',
    async decide({ tenant, isDenied }) {
      const tenantId = ids(tenant, isDenied);
      const { allowed, operationId } = await service.reserve({ tenantId, cost: COST });
      if (allowed) await service.settle({ tenantId, operationId, cost: { tokens: 7 } });
    },
  };
}

function rateLimiterFlexible(redis, count) {
  const { RateLimiterRedis, RateLimiterUnion } = peer('rate-limiter-flexible');
  const limiters = (points) =>
    SECONDS.slice(0, count).map(
      (duration, index) =>
        new RateLimiterRedis({ storeClient: redis, keyPrefix: `rlf${count}:${index}`, points, duration }),
    );
  const ids = tenantIds((id) => id);
  // A union of one would only add to it.
  const guard = (points) => (count > 1 ? new RateLimiterUnion(...limiters(points)) : limiters(points)[0]);
  const [open, closed] = [guard(OPEN), guard(1)];
  return {
    name: `rate-limiter-flexible, ${count} limit${count > 1 ? 's' : ''}`,
    decide: ({ tenant, isDenied }) =>
      (isDenied ? closed : open).consume(ids(tenant, isDenied), 1).catch((refusal) => {
        if (refusal instanceof Error) throw refusal;
        return refusal;
      }),
  };
}

/** The storage alone, one named throttler after the other, as its guard does it. */
function throttlerStorage(redis, count) {
  const { ThrottlerStorageRedisService } = peer('@nest-lab/throttler-storage-redis');
  const storage = new ThrottlerStorageRedisService(redis);
  const ids = tenantIds((id) => id);
  return {
    name: `@nestjs/throttler storage, ${count} limits`,
    async decide({ tenant, isDenied }) {
      for (let index = 0; index < count; index++) {
        const limit = isDenied ? 1 : OPEN;
        const id = ids(tenant, isDenied);
        const hit = await storage.increment(id, SECONDS[index] * 1_000, limit, 1_000, `t${count}_${index}`);
        if (hit.isBlocked) return;
      }
    },
  };
}

/** Names made once: making them is not what is measured. */
function tenantIds(make) {
  const open = Array.from({ length: TENANTS }, (_, index) => make(`tenant-${index}`));
  const denied = Array.from({ length: TENANTS }, (_, index) => make(`denied-${index}`));
  return (tenant, isDenied) => (isDenied ? denied : open)[tenant];
}
