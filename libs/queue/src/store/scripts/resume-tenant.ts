import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { okReply } from './reply.js';

export const resumeTenant = defineLuaScript({
  source: new URL('./resume-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId'],
  parse: okReply,
});
