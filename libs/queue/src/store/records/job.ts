import type { Job, JsonValue } from '../../queue.types.js';
import type { PackReader } from './pack.js';

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

export function readJobRecord(jobId: string, reader: PackReader): JobRecord {
  reader.uint(5);
  const sequence = reader.uint(7);
  const priority = priorityOf(reader.uint(2));
  const cost = reader.uint(4);
  const maxAttempts = reader.uint(2);
  const maxRunMs = reader.uint(4);
  const createdAtMs = reader.uint(6);
  const expiresAtMs = reader.uint(6);
  const tenantBytes = reader.uint(2);
  const dedupeBytes = reader.uint(1);
  const tenantId = reader.text(tenantBytes);
  const dedupeKey = reader.text(dedupeBytes);
  const name = reader.text(reader.uint(1));
  const payload = reader.rest();
  return {
    jobId,
    sequence,
    tenantId,
    dedupeKey,
    name,
    payload,
    cost,
    priority,
    maxAttempts,
    maxRunMs,
    createdAtMs,
    expiresAtMs,
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
