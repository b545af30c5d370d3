import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { okReply } from './reply.js';

export const parkTenant = defineLuaScript({
  source: new URL('./park-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'untilMs', 'reason'],
  parse: okReply,
});
