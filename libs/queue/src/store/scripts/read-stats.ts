import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { integersReply } from './reply.js';

type Counts = [number, number, number, number, number, number, number, number, number, number];

export const readStats = defineLuaScript({
  source: new URL('./read-stats.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: [],
  parse: (raw) => {
    const counts = integersReply(raw, 10) as Counts;
    const [waiting, live, running, dead, bytes, readyTenants, parkedTenants, oldestAgeMs, , paused] = counts;
    const delayed = live - waiting - running;
    return {
      waiting,
      delayed,
      running,
      dead,
      bytes,
      readyTenants,
      parkedTenants,
      oldestAgeMs,
      paused: paused === 1,
    };
  },
});
