import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';

export const buryJob = defineLuaScript({
  source: new URL('./bury-job.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: [
    'jobId',
    'tenantId',
    'priorityRank',
    'cost',
    'maxAttempts',
    'attempts',
    'keepDeadMs',
    'error',
    'body',
  ],
  parse: (raw): boolean => raw === 1,
});
