import { defineLuaScript } from 'fairshare/redis';
import type { JobView } from '../../queue.types.js';
import { readJobView } from '../records/view.js';
import { SHARD_KEYS } from '../keys.js';
import { packedReply } from './reply.js';

export const listJobs = defineLuaScript({
  source: new URL('./list-jobs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'limit'],
  replies: 'buffer',
  parse: (raw): JobView[] => {
    if (!Array.isArray(raw)) throw new Error('Expected a list of jobs');
    return raw.map((view) => readJobView(packedReply(view))).filter((view) => view !== undefined);
  },
});
