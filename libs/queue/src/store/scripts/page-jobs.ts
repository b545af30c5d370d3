import { defineLuaScript, luaNames } from 'fairshare/redis';
import type { JobPlace, JobView } from '../../queue.types.js';
import { readJobView } from '../records/view.js';
import { SHARD_KEYS } from '../keys.js';
import { packedReply } from './reply.js';

/** As the script names them. */
export const PLACES: Readonly<Record<JobPlace, string>> = luaNames(
  'place',
  { waiting: 'w', running: 'r', delayed: 'd', dead: 'x' },
  'PLACE_',
);

export const pageJobs = defineLuaScript({
  source: new URL('./page-jobs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['tenantId', 'place', 'after', 'limit'],
  replies: 'buffer',
  parse: (raw): { jobs: JobView[]; end: Buffer } => {
    if (!Array.isArray(raw) || !Buffer.isBuffer(raw[0])) throw new Error('Expected a page of jobs');
    const [end, ...views] = raw as [Buffer, ...unknown[]];
    const jobs = views.map((view) => readJobView(packedReply(view))).filter((view) => view !== undefined);
    return { jobs, end };
  },
});
