import { defineLuaScript } from 'fairshare/redis';
import { BODY, JOB, priorityRank } from '../records/job.js';
import { SHARD_KEYS } from '../keys.js';
import type { PackWriter } from '../records/pack.js';
import { readRecord, writeRecord } from '../records/record.js';
import { ENQUEUE_CODES, ENQUEUED, REQUEST } from '../records/request.js';
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

export type EnqueueCode = (typeof ENQUEUE_CODES)[number];

export interface EnqueueAnswer {
  readonly code: EnqueueCode;
  /** Jobs, or bytes, that count against the bound; the tenant's depth where nothing was refused. */
  readonly depth: number;
  /** Of the job that is known already. */
  readonly knownId: string;
}

export const enqueueJobs = defineLuaScript({
  source: new URL('./enqueue-jobs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['maxTotalJobs', 'maxTotalBytes', 'maxTenantBytes', 'jobs'],
  replies: 'buffer',
  parse: (raw): EnqueueAnswer[] => {
    const reader = packedReply(raw);
    const answers: EnqueueAnswer[] = [];
    while (!reader.isAtEnd) {
      const { code, depth, knownId } = readRecord(ENQUEUED, reader);
      answers.push({ code: ENQUEUE_CODES[code]!, depth, knownId });
    }
    return answers;
  },
});

export function packNewJob(writer: PackWriter, job: NewJob): void {
  // Named one by one: a spread costs more than the rest of it.
  writeRecord(REQUEST, writer, {
    jobId: job.jobId,
    tenantId: job.tenantId,
    dedupeKey: job.dedupeKey,
    body: { layout: BODY, values: job },
    cost: job.cost,
    weight: job.weight,
    priority: priorityRank(job.priority),
    delayMs: job.delayMs,
    ttlMs: job.ttlMs,
    maxAttempts: job.maxAttempts,
    maxRunMs: job.maxRunMs,
    maxDepth: job.maxDepth,
    attemptsUsed: job.attemptsUsed,
  });
}

/** What a job takes of the bounds on bytes, as the script counts it. */
export function bytesOf(job: NewJob): number {
  const texts = [job.jobId, job.tenantId, job.dedupeKey, job.name, job.payload];
  return texts.reduce((total, text) => total + Buffer.byteLength(text), JOB.headBytes + BODY.headBytes);
}
