import { defineLuaScript } from 'fairshare/redis';
import { type Claim, readClaim } from './claims.js';
import { SHARD_KEYS } from './keys.js';
import { packedReply } from './reply.js';

export interface Requeued {
  readonly requeued: number;
  readonly more: boolean;
  /** What was requeued; empty unless asked for. */
  readonly jobs: readonly Claim[];
}

export const requeueDead = defineLuaScript({
  source: new URL('./requeue-dead.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: [
    'tenantId',
    'jobId',
    'limit',
    'maxDepth',
    'maxTotalJobs',
    'maxTenantBytes',
    'maxTotalBytes',
    'tells',
  ],
  replies: 'buffer',
  parse: (raw): Requeued => {
    const reader = packedReply(raw);
    const more = reader.uint(1) === 1;
    const requeued = reader.uint(4);
    const jobs: Claim[] = [];
    while (!reader.isAtEnd) jobs.push(readClaim(reader));
    return { requeued, more, jobs };
  },
});
