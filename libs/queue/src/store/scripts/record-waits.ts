import { defineLuaScript } from 'fairshare/redis';
import { okReply } from './reply.js';

export const recordWaits = defineLuaScript({
  source: new URL('./record-waits.lua', import.meta.url),
  keys: ['waits'],
  args: ['nowMs', 'expireMs', 'maxTenants', 'counts'],
  parse: okReply,
});
