import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';

export const nextDeadTenant = defineLuaScript({
  source: new URL('./next-dead-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['after'],
  parse: (raw): string | undefined => {
    if (typeof raw !== 'string') throw new Error(`Expected a tenant, got ${typeof raw}`);
    return raw === '' ? undefined : raw;
  },
});
