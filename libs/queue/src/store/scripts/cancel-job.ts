import { defineLuaScript, luaCodes } from 'fairshare/redis';
import type { CancelReply } from '../../queue.types.js';
import { type Claim, readClaim } from '../records/claim.js';
import { SHARD_KEYS } from '../keys.js';
import { packedReply } from './reply.js';

export interface CancelAnswer {
  readonly reply: CancelReply;
  /** Of `removed`. */
  readonly claim?: Claim;
}

const REPLIES = luaCodes('cancel code', ['unknown', 'removed', 'requested', 'ended'], 'CANCEL_');

export const cancelJob = defineLuaScript({
  source: new URL('./cancel-job.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['jobId', 'tenantId', 'keepEndedMs', 'maxEnded'],
  replies: 'buffer',
  parse: (raw): CancelAnswer => {
    const reader = packedReply(raw);
    const reply: CancelReply = REPLIES[reader.uint(1)]!;
    return reply === 'removed' ? { reply, claim: readClaim(reader) } : { reply };
  },
});
