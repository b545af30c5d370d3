import type { JobError, JobState, JobView, JsonValue } from '../../queue.types.js';
import { type JobRecord, parsePayload, readJobRecord } from './job.js';
import { PackReader } from './pack.js';

const ENDS: Readonly<Record<string, JobState>> = { s: 'succeeded', d: 'dead', c: 'cancelled', x: 'expired' };
const LIVE: readonly JobState[] = ['waiting', 'running', 'failed'];

/** Reads what view_job packed; undefined for an unknown job. */
export function readJobView(reader: PackReader): JobView | undefined {
  const kind = reader.uint(1);
  if (kind === 0) return undefined;
  const idBytes = reader.uint(1);
  return kind === 1 ? readLive(reader, idBytes) : readEnded(reader, idBytes);
}

function readLive(reader: PackReader, idBytes: number): JobView {
  const due = reader.uint(6);
  const runBytes = reader.uint(2);
  const recordBytes = reader.uint(4);
  const jobId = reader.text(idBytes);
  const run = readRun(reader.slice(runBytes));
  const record = readJobRecord(jobId, reader.slice(recordBytes));
  return {
    ...identity(record),
    state: LIVE[run.state]!,
    attempts: run.attempts,
    dueAtMs: due || null,
    startedAtMs: run.startedAtMs || null,
    finishedAtMs: null,
    payload: parsePayload(record.payload),
    error: parseError(run.error),
    cancelRequested: run.cancelled,
  };
}

function readEnded(reader: PackReader, idBytes: number): JobView {
  const endedBytes = reader.uint(4);
  const jobId = reader.text(idBytes);
  const ended = reader.slice(endedBytes);
  const state = ENDS[ended.text(1)]!;
  const finishedAtMs = ended.uint(6);
  const startedAtMs = ended.uint(6) || null;
  const attempts = ended.uint(2);
  const outcome = ended.text(ended.uint(4));
  const record = readJobRecord(jobId, ended);
  const told = state === 'succeeded' ? { result: parseResult(outcome) } : { error: parseError(outcome) };
  return {
    ...identity(record),
    state,
    attempts,
    dueAtMs: null,
    startedAtMs,
    finishedAtMs,
    payload: state === 'dead' ? parsePayload(record.payload) : undefined,
    ...told,
    cancelRequested: false,
  };
}

function readRun(reader: PackReader) {
  if (reader.isAtEnd) return { state: 0, attempts: 0, startedAtMs: 0, cancelled: false, error: '' };
  const state = reader.uint(1);
  reader.uint(1);
  const attempts = reader.uint(2);
  reader.uint(7);
  const startedAtMs = reader.uint(6);
  reader.uint(4);
  reader.uint(5);
  const cancelled = reader.uint(1) === 1;
  return { state, attempts, startedAtMs, cancelled, error: reader.rest() };
}

function identity(record: JobRecord) {
  return {
    jobId: record.jobId,
    tenantId: record.tenantId,
    name: record.name,
    maxAttempts: record.maxAttempts,
    cost: record.cost,
    priority: record.priority,
    createdAtMs: record.createdAtMs,
    expiresAtMs: record.expiresAtMs || null,
  };
}

function parseError(text: string): JobError | undefined {
  return text === '' ? undefined : (JSON.parse(text) as JobError);
}

function parseResult(text: string): JsonValue | undefined {
  return text === '' ? undefined : (JSON.parse(text) as JsonValue);
}
