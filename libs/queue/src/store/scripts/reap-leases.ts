import { defineLuaScript } from 'fairshare/redis';
import { readClaims } from '../records/claim.js';
import { SHARD_KEYS } from '../keys.js';
import { packedReply } from './reply.js';

/** Claims of kind `run` are back in their line; the others are leased to the caller, who must end them. */
export const reapLeases = defineLuaScript({
  source: new URL('./reap-leases.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['limit', 'leaseMs', 'maxEnded', 'maxLost'],
  replies: 'buffer',
  parse: (raw) => readClaims(packedReply(raw)),
});
