import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from './keys.js';
import { integersReply } from './reply.js';

export const purgeTenant = defineLuaScript({
  source: new URL('./purge-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'limit'],
  parse: (raw) => {
    const [removed, more] = integersReply(raw, 2) as [number, number];
    return { removed, more: more === 1 };
  },
});
