import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { integersReply } from './reply.js';

export const requeueDead = defineLuaScript({
  source: new URL('./requeue-dead.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'jobId', 'limit', 'maxDepth', 'maxTotalJobs', 'maxTenantBytes', 'maxTotalBytes'],
  parse: (raw) => {
    const [requeued, more] = integersReply(raw, 2) as [number, number];
    return { requeued, more: more === 1 };
  },
});
