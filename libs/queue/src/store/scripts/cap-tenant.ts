import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { okReply } from './reply.js';

export const capTenant = defineLuaScript({
  source: new URL('./cap-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'maxRunning'],
  parse: okReply,
});
