import { defineLuaScript } from 'fairshare/redis';
import { readJobView } from '../records/view.js';
import { SHARD_KEYS } from '../keys.js';
import { packedReply } from './reply.js';

export const findJob = defineLuaScript({
  source: new URL('./find-job.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['jobId'],
  replies: 'buffer',
  parse: (raw) => readJobView(packedReply(raw)),
});
