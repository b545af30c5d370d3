import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { okReply } from './reply.js';

export const unparkTenant = defineLuaScript({
  source: new URL('./unpark-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId'],
  parse: okReply,
});
