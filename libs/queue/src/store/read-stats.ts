import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from './keys.js';
import { integersReply } from './reply.js';

export const readStats = defineLuaScript({
  source: new URL('./read-stats.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: [],
  parse: (raw) => {
    const [waiting, live, running, dead, bytes, readyTenants, heldTenants, oldestAgeMs] = integersReply(
      raw,
      9,
    ) as [number, number, number, number, number, number, number, number];
    const delayed = live - waiting - running;
    return { waiting, delayed, running, dead, bytes, readyTenants, heldTenants, oldestAgeMs };
  },
});
