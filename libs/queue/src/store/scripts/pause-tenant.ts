import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { okReply } from './reply.js';

export const pauseTenant = defineLuaScript({
  source: new URL('./pause-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId'],
  parse: okReply,
});
