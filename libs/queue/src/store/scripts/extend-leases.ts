import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { PackWriter } from '../records/pack.js';
import { packedReply } from './reply.js';

export type LeaseState = 'lost' | 'held' | 'cancelled';

const STATES: readonly LeaseState[] = ['lost', 'held', 'cancelled'];

export const extendLeases = defineLuaScript({
  source: new URL('./extend-leases.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['leaseMs', 'runs'],
  replies: 'buffer',
  parse: (raw): LeaseState[] => {
    const reader = packedReply(raw);
    const states: LeaseState[] = [];
    while (!reader.isAtEnd) states.push(STATES[reader.uint(1)]!);
    return states;
  },
});

export function packRuns(runs: readonly { readonly jobId: string; readonly token: number }[]): Buffer {
  const writer = new PackWriter();
  for (const { jobId, token } of runs) {
    const idBytes = Buffer.byteLength(jobId);
    writer.uint(token, 7).uint(idBytes, 1).text(jobId, idBytes);
  }
  return writer.bytes();
}
