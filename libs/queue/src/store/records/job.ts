import type { Job, JsonValue } from '../../queue.types.js';
import type { PackReader } from './pack.js';
import { defineRecord, readRecord } from './record.js';

/** What enqueue-jobs stored of a job. */
export interface JobRecord {
  readonly jobId: string;
  readonly sequence: number;
  readonly tenantId: string;
  readonly dedupeKey: string;
  readonly name: string;
  /** JSON; empty for an ended job. */
  readonly payload: string;
  readonly cost: number;
  readonly priority: number;
  readonly maxAttempts: number;
  /** 0 = the worker's. */
  readonly maxRunMs: number;
  readonly createdAtMs: number;
  /** 0 = never. */
  readonly expiresAtMs: number;
}

export const JOB = defineRecord('job', {
  number: 'I5',
  sequence: 'I7',
  priority: 'I2',
  cost: 'I4',
  maxAttempts: 'I2',
  maxRunMs: 'I4',
  createdAtMs: 'I6',
  expiresAtMs: 'I6',
  tenantId: 's2',
  dedupeKey: 's1',
  body: 'b*',
});

export const BODY = defineRecord('body', { name: 's1', payload: 's*' });

export function readJobRecord(jobId: string, reader: PackReader): JobRecord {
  const job = readRecord(JOB, reader);
  const { name, payload } = readRecord(BODY, job.body);
  return {
    jobId,
    sequence: job.sequence,
    tenantId: job.tenantId,
    dedupeKey: job.dedupeKey,
    name,
    payload,
    cost: job.cost,
    priority: priorityOf(job.priority),
    maxAttempts: job.maxAttempts,
    maxRunMs: job.maxRunMs,
    createdAtMs: job.createdAtMs,
    expiresAtMs: job.expiresAtMs,
  };
}

/** Lines are in ascending order, so the highest priority is 0. */
export function priorityRank(priority: number): number {
  return 32_767 - priority;
}

function priorityOf(rank: number): number {
  return 32_767 - rank;
}

export function toJob(queue: string, record: JobRecord, run: { attempt: number; token: number }): Job {
  return {
    queue,
    jobId: record.jobId,
    tenantId: record.tenantId,
    name: record.name,
    payload: parsePayload(record.payload),
    cost: record.cost,
    priority: record.priority,
    attempt: run.attempt,
    maxAttempts: record.maxAttempts,
    createdAtMs: record.createdAtMs,
    expiresAtMs: record.expiresAtMs || null,
    token: run.token,
  };
}

export function parsePayload(payload: string): JsonValue {
  return payload === '' ? null : (JSON.parse(payload) as JsonValue);
}
