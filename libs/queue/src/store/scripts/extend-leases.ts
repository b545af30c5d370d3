import { defineLuaScript, luaCodes } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { PackWriter } from '../records/pack.js';
import { defineRecord, writeRecord } from '../records/record.js';
import { packedReply } from './reply.js';

const STATES = luaCodes('lease code', ['lost', 'held', 'cancelled'], 'LEASE_');
const LEASED_RUN = defineRecord('leased run', { token: 'I7', jobId: 's1' });

export type LeaseState = (typeof STATES)[number];

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
  for (const run of runs) writeRecord(LEASED_RUN, writer, run);
  return writer.bytes();
}
