import type { ResolvedQueueOptions } from './queue.options.js';
import type { Refused } from './queue.types.js';
import { bytesOf, type NewJob } from './store/scripts/enqueue-jobs.js';

/** What counts against the bounds of the queue, for one tenant and for all of its shard. */
export interface QueueRoom {
  /** The tenant's waiting and delayed jobs. */
  readonly tenantJobs: number;
  readonly tenantBytes: number;
  readonly totalJobs: number;
  readonly totalBytes: number;
}

/** The bound that refuses the job while the queue holds so much; the same, in the same order, as enqueue-jobs.lua. */
export function refusalOf(job: NewJob, room: QueueRoom, options: ResolvedQueueOptions): Refused | undefined {
  const tooLarge = neverFits(job, options);
  if (tooLarge) return tooLarge;
  const bytes = bytesOf(job);
  const { maxTenantBytes, shards } = options;
  const maxTotalJobs = Math.ceil(options.maxTotalJobs / shards);
  const maxTotalBytes = Math.ceil(options.maxTotalBytes / shards);
  const refuse = (code: Refused['code'], limit: number, depth: number): Refused => ({
    accepted: false,
    code,
    limit,
    depth,
  });
  if (room.tenantJobs >= job.maxDepth) return refuse('tenant_queue_full', job.maxDepth, room.tenantJobs);
  if (room.tenantBytes + bytes > maxTenantBytes)
    return refuse('tenant_bytes_full', maxTenantBytes, room.tenantBytes);
  if (room.totalJobs >= maxTotalJobs) return refuse('queue_full', options.maxTotalJobs, room.totalJobs);
  if (room.totalBytes + bytes > maxTotalBytes)
    return refuse('queue_bytes_full', options.maxTotalBytes, room.totalBytes);
  return undefined;
}

/** What a job takes of the bounds. */
export function roomFor(job: NewJob): QueueRoom {
  const bytes = bytesOf(job);
  return { tenantJobs: 1, tenantBytes: bytes, totalJobs: 1, totalBytes: bytes };
}

export function payloadTooLarge(job: NewJob, { maxPayloadBytes }: ResolvedQueueOptions): Refused | undefined {
  const bytes = Buffer.byteLength(job.payload);
  return bytes > maxPayloadBytes ? tooLarge(maxPayloadBytes, bytes) : undefined;
}

/** The bound that a job of this size passes though the queue were empty; undefined: none. */
function neverFits(job: NewJob, options: ResolvedQueueOptions): Refused | undefined {
  const { maxTenantBytes, maxTotalBytes, shards } = options;
  const mostBytes = Math.min(maxTenantBytes, Math.ceil(maxTotalBytes / shards));
  const bytes = bytesOf(job);
  return payloadTooLarge(job, options) ?? (bytes > mostBytes ? tooLarge(mostBytes, bytes) : undefined);
}

function tooLarge(limit: number, depth: number): Refused {
  return { accepted: false, code: 'payload_too_large', limit, depth };
}
