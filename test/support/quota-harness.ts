import { randomBytes } from 'node:crypto';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { Redis } from 'ioredis';
import { createQuota, type Quotas, type QuotaSetup } from '../../libs/quota/src/create-quota.js';
import type {
  CataloguedLimit,
  LimitSource,
  TenantLimitsSnapshot,
  TierLimitValue,
} from '../../libs/quota/src/limits/limit-source.js';
import type { LimitDefinition, LimitKind, LimitPeriod } from '../../libs/quota/src/quota.types.js';
import { parseTenantId, type TenantId } from '../../libs/quota/src/tenant-id.js';
import { ClockedRedis } from './clocked-redis.js';

/** A definition in one line: `define(1, 'q_hourly', 'queries', 'window', 'hour')`. */
export function define(
  id: number,
  name: string,
  resource: string,
  kind: LimitKind,
  period?: LimitPeriod,
  onHoldExpiry?: 'release' | 'charge',
): LimitDefinition {
  return { id, name, resource, kind, period, onHoldExpiry };
}

export function tier(definition: LimitDefinition, value: number, burst?: number): TierLimitValue {
  return { definition, value, burst };
}

/** Limits that a test sets and changes. */
export class MemoryLimits implements LimitSource {
  readonly snapshots = new Map<TenantId, TenantLimitsSnapshot>();
  loads = 0;

  set(
    tenantId: TenantId,
    tierLimits: readonly TierLimitValue[],
    more: Partial<TenantLimitsSnapshot> = {},
  ): void {
    this.snapshots.set(tenantId, {
      tenantId,
      tier: 'test',
      status: 'active',
      weight: 1,
      queueDepth: 10,
      overflow: 'queue',
      version: 1,
      tierLimits,
      overrides: [],
      ...more,
    });
  }

  async load(tenantId: TenantId): Promise<TenantLimitsSnapshot | undefined> {
    this.loads += 1;
    return this.snapshots.get(tenantId);
  }

  async catalogue(): Promise<readonly CataloguedLimit[]> {
    return [...this.snapshots.values()].flatMap(({ tierLimits, overrides }) =>
      [...tierLimits, ...overrides].map(({ definition }) => definition),
    );
  }
}

export const testRedisUrl = (): string => {
  const url = process.env.FAIRSHARE_TEST_REDIS_URL;
  if (!url) throw new Error('FAIRSHARE_TEST_REDIS_URL is not set: run the tests by npm test');
  return url;
};

export interface Harness extends Quotas {
  readonly redis: Redis;
  readonly clocked: ClockedRedis;
  readonly limits: MemoryLimits;
  readonly prefix: string;
  readonly tenant: (name?: string) => TenantId;
  readonly close: () => Promise<void>;
}

/** Noon in the middle of a month and a day, far ahead of any true clock. */
export const START_MS = Date.UTC(2090, 4, 17, 12, 0, 0);

/** A quota engine on the test server, under a prefix of its own; `clock: 'real'` leaves Redis time alone. */
export async function openHarness(setup: Partial<QuotaSetup> & { clock?: 'real' } = {}): Promise<Harness> {
  const redis = connectRedis({ url: testRedisUrl(), commandTimeoutMs: 20_000 }) as Redis;
  await redisReady(redis, 10_000);
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const limits = new MemoryLimits();
  const clocked = new ClockedRedis(redis, START_MS);
  const quotas = createQuota(setup.clock === 'real' ? redis : clocked.client, {
    limits,
    keyPrefix: prefix,
    deadlineMs: setup.clock === 'real' ? 10_000 : 0,
    retryJitter: 0,
    cache: { ttlMs: 0 },
    ...setup,
  });
  return {
    ...quotas,
    redis,
    clocked,
    limits,
    prefix,
    tenant: (name = 'acme') => parseTenantId(name),
    close: async () => {
      const keys = await redis.keys(`${prefix}:*`);
      for (let at = 0; at < keys.length; at += 1_000) await redis.del(...keys.slice(at, at + 1_000));
      await closeRedis(redis);
    },
  };
}
