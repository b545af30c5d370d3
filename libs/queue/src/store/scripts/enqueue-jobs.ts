import { defineLuaScript } from 'fairshare/redis';
import { priorityRank } from '../records/job.js';
import { SHARD_KEYS } from '../keys.js';
import { PackWriter } from '../records/pack.js';
import { packedReply } from './reply.js';

/** A checked job, with every default filled in. */
export interface NewJob {
  readonly jobId: string;
  readonly tenantId: string;
  /** Empty = none. */
  readonly dedupeKey: string;
  readonly name: string;
  /** JSON. */
  readonly payload: string;
  readonly cost: number;
  /** 0 = as it is. */
  readonly weight: number;
  readonly priority: number;
  readonly delayMs: number;
  readonly ttlMs: number;
  readonly maxAttempts: number;
  readonly maxRunMs: number;
  readonly maxDepth: number;
  readonly attemptsUsed: number;
}

export type EnqueueCode =
  'added' | 'known' | 'tenant_queue_full' | 'tenant_bytes_full' | 'queue_full' | 'queue_bytes_full';

export interface EnqueueAnswer {
  readonly code: EnqueueCode;
  /** Jobs, or bytes, that count against the bound; the tenant's depth where nothing was refused. */
  readonly depth: number;
  /** Of the job that is known already. */
  readonly knownId: string;
}

const CODES: readonly EnqueueCode[] = [
  'added',
  'known',
  'tenant_queue_full',
  'tenant_bytes_full',
  'queue_full',
  'queue_bytes_full',
];

/** JOB_BYTES of records/job.lua. */
const RECORD_BYTES = 39;

export const enqueueJobs = defineLuaScript({
  source: new URL('./enqueue-jobs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['maxTotalJobs', 'maxTotalBytes', 'maxTenantBytes', 'jobs'],
  replies: 'buffer',
  parse: (raw): EnqueueAnswer[] => {
    const reader = packedReply(raw);
    const answers: EnqueueAnswer[] = [];
    while (!reader.isAtEnd) {
      const code = CODES[reader.uint(1)]!;
      answers.push({ code, depth: reader.uint(7), knownId: reader.text(reader.uint(1)) });
    }
    return answers;
  },
});

export function packNewJob(writer: PackWriter, job: NewJob): void {
  const idBytes = Buffer.byteLength(job.jobId);
  const tenantBytes = Buffer.byteLength(job.tenantId);
  const dedupeBytes = Buffer.byteLength(job.dedupeKey);
  const nameBytes = Buffer.byteLength(job.name);
  const payloadBytes = Buffer.byteLength(job.payload);
  writer
    .uint(idBytes, 1)
    .uint(tenantBytes, 2)
    .uint(dedupeBytes, 1)
    .uint(1 + nameBytes + payloadBytes, 4)
    .uint(job.cost, 4)
    .uint(job.weight, 4)
    .uint(priorityRank(job.priority), 2)
    .uint(job.delayMs, 6)
    .uint(job.ttlMs, 6)
    .uint(job.maxAttempts, 2)
    .uint(job.maxRunMs, 4)
    .uint(job.maxDepth, 4)
    .uint(job.attemptsUsed, 2)
    .text(job.jobId, idBytes)
    .text(job.tenantId, tenantBytes)
    .text(job.dedupeKey, dedupeBytes)
    .uint(nameBytes, 1)
    .text(job.name, nameBytes)
    .text(job.payload, payloadBytes);
}

/** What a job takes of the bounds on bytes, as the script counts it. */
export function bytesOf(job: NewJob): number {
  const texts = [job.jobId, job.tenantId, job.dedupeKey, job.name, job.payload];
  return texts.reduce((total, text) => total + Buffer.byteLength(text), RECORD_BYTES + 1);
}
