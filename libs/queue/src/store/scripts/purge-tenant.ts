import { defineLuaScript } from 'fairshare/redis';
import { type Claim, readClaim } from '../records/claim.js';
import { SHARD_KEYS } from '../keys.js';
import { defineRecord, readRecord } from '../records/record.js';
import { packedReply } from './reply.js';

export interface Purged {
  readonly removed: number;
  readonly more: boolean;
  /** What was removed; empty unless asked for. */
  readonly jobs: readonly Claim[];
}

const PURGED = defineRecord('purged', { more: 'I1', removed: 'I4' });

export const purgeTenant = defineLuaScript({
  source: new URL('./purge-tenant.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'limit', 'tells'],
  replies: 'buffer',
  parse: (raw): Purged => {
    const reader = packedReply(raw);
    const { more, removed } = readRecord(PURGED, reader);
    const jobs: Claim[] = [];
    while (!reader.isAtEnd) jobs.push(readClaim(reader));
    return { removed, more: more === 1, jobs };
  },
});
