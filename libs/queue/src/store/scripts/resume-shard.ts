import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { okReply } from './reply.js';

export const resumeShard = defineLuaScript({
  source: new URL('./resume-shard.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: [],
  parse: okReply,
});
