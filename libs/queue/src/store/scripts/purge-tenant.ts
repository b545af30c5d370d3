import { defineLuaScript } from 'fairshare/redis';
import { type Claim, readClaim } from '../records/claim.js';
import { SHARD_KEYS } from '../keys.js';
import { packedReply } from './reply.js';

export interface Purged {
  readonly removed: number;
  readonly more: boolean;
  /** What was removed; empty unless asked for. */
  readonly jobs: readonly Claim[];
}

export const purgeTenant = defineLuaScript({
  source: new URL('./purge-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'limit', 'tells'],
  replies: 'buffer',
  parse: (raw): Purged => {
    const reader = packedReply(raw);
    const more = reader.uint(1) === 1;
    const removed = reader.uint(4);
    const jobs: Claim[] = [];
    while (!reader.isAtEnd) jobs.push(readClaim(reader));
    return { removed, more, jobs };
  },
});
