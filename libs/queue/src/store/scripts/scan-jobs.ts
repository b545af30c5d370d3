import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';

export const scanJobs = defineLuaScript({
  source: new URL('./scan-jobs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['cursor', 'count'],
  parse: (raw) => {
    if (!Array.isArray(raw)) throw new Error(`Expected a cursor and ids, got ${typeof raw}`);
    const [cursor, ...jobIds] = raw.map(String);
    // A cursor of Redis may be larger than a number can be exactly, so it stays a text.
    return { cursor: cursor!, jobIds };
  },
});
