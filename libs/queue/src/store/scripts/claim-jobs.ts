import { defineLuaScript } from 'fairshare/redis';
import { readClaims } from '../records/claim.js';
import { SHARD_KEYS } from '../keys.js';
import { packedReply } from './reply.js';

export const claimJobs = defineLuaScript({
  source: new URL('./claim-jobs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['limit', 'leaseMs', 'maxRunning', 'maxTenantRunning'],
  replies: 'buffer',
  parse: (raw) => readClaims(packedReply(raw)),
});
