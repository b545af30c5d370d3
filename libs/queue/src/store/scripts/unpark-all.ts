import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { integersReply } from './reply.js';

export const unparkAll = defineLuaScript({
  source: new URL('./unpark-all.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['cursor', 'count'],
  parse: (raw) => {
    const [cursor, unparked] = integersReply(raw, 2) as [number, number];
    return { cursor, unparked };
  },
});
