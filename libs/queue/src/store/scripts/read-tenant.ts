import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';

export const readTenant = defineLuaScript({
  source: new URL('./read-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId'],
  parse: (raw) => {
    if (!Array.isArray(raw) || raw.length !== 14) throw new Error('Expected a tenant');
    const values = raw as (number | string)[];
    const number = (index: number) => values[index] as number;
    return {
      waiting: number(1),
      delayed: number(2),
      running: number(3),
      dead: number(4),
      bytes: number(5),
      weight: number(6),
      paused: number(7) === 1,
      /** 0 = not parked, -1 = until an unpark. */
      parkedUntilMs: number(8),
      parkReason: String(values[9]),
      oldestAgeMs: number(10),
      shardJobs: number(11),
      shardBytes: number(12),
      queuePaused: number(13) === 1,
    };
  },
});
