import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { PackWriter } from '../records/pack.js';

/** How the queue knows a job; `waiting`: also one that failed and waits. */
export type Standing = 'unknown' | 'waiting' | 'running' | 'succeeded' | 'dead' | 'cancelled' | 'expired';

const STANDINGS: Readonly<Record<string, Standing>> = {
  u: 'unknown',
  w: 'waiting',
  r: 'running',
  s: 'succeeded',
  d: 'dead',
  c: 'cancelled',
  x: 'expired',
};

export const knowJobs = defineLuaScript({
  source: new URL('./know-jobs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['ids'],
  parse: (raw): Standing[] => [...String(raw)].map((letter) => STANDINGS[letter]!),
});

export function packIds(jobIds: readonly string[]): Buffer {
  const writer = new PackWriter();
  for (const jobId of jobIds) {
    const bytes = Buffer.byteLength(jobId);
    writer.uint(bytes, 1).text(jobId, bytes);
  }
  return writer.bytes();
}
