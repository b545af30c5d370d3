import { defineLuaScript, luaNames } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';
import { END } from '../records/ended.js';
import { PackWriter } from '../records/pack.js';

/** How the queue knows a job; `waiting`: also one that failed and waits. */
export type Standing = 'unknown' | 'waiting' | 'running' | 'succeeded' | 'dead' | 'cancelled' | 'expired';

const LETTERS = {
  ...luaNames('standing', { unknown: 'u', waiting: 'w', running: 'r' }, 'STANDING_'),
  ...END,
};
const STANDINGS = Object.fromEntries(
  Object.entries(LETTERS).map(([standing, letter]) => [letter, standing as Standing]),
);

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
