import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { okReply } from './reply.js';

export const weighTenant = defineLuaScript({
  source: new URL('./weigh-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'weight'],
  parse: okReply,
});
