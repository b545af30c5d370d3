import { luaNames } from 'fairshare/redis';
import type { JobError, JobState, JobView, JsonValue } from '../../queue.types.js';
import { type JobRecord, parsePayload, readJobRecord } from './job.js';
import { END, ENDED } from './ended.js';
import type { PackReader } from './pack.js';
import { defineRecord, readRecord } from './record.js';
import { RUN, RUN_STATE } from './run.js';

const VIEW = luaNames('view kind', { unknown: 0, live: 1, ended: 2 }, 'VIEW_');
const LIVE_VIEW = defineRecord('live view', {
  kind: 'I1',
  jobId: 's1',
  dueMs: 'I6',
  run: 'b2',
  record: 'b4',
});
const ENDED_VIEW = defineRecord('ended view', { kind: 'I1', jobId: 's1', ended: 'b4' });

const STATE_OF: Readonly<Record<number, JobState>> = {
  [RUN_STATE.waiting]: 'waiting',
  [RUN_STATE.running]: 'running',
  [RUN_STATE.retrying]: 'failed',
};
const END_OF = Object.fromEntries(
  Object.entries(END).map(([state, letter]) => [letter.charCodeAt(0), state as JobState]),
);
const NO_RUN = { state: RUN_STATE.waiting, attempts: 0, startedAtMs: 0, cancelled: 0, error: '' };

/** Reads what view_job packed; undefined for an unknown job. */
export function readJobView(reader: PackReader): JobView | undefined {
  const kind = reader.peek();
  if (kind === VIEW.unknown) return undefined;
  return kind === VIEW.live ? readLive(reader) : readEnded(reader);
}

function readLive(reader: PackReader): JobView {
  const view = readRecord(LIVE_VIEW, reader);
  const run = view.run.isAtEnd ? NO_RUN : readRecord(RUN, view.run);
  const record = readJobRecord(view.jobId, view.record);
  return {
    ...identity(record),
    state: STATE_OF[run.state]!,
    attempts: run.attempts,
    dueAtMs: view.dueMs || null,
    startedAtMs: run.startedAtMs || null,
    finishedAtMs: null,
    payload: parsePayload(record.payload),
    error: parseError(run.error),
    cancelRequested: run.cancelled === 1,
  };
}

function readEnded(reader: PackReader): JobView {
  const view = readRecord(ENDED_VIEW, reader);
  const ended = readRecord(ENDED, view.ended);
  const state = END_OF[ended.state]!;
  const record = readJobRecord(view.jobId, ended.record);
  const { outcome } = ended;
  const told = state === 'succeeded' ? { result: parseResult(outcome) } : { error: parseError(outcome) };
  return {
    ...identity(record),
    state,
    attempts: ended.attempts,
    dueAtMs: null,
    startedAtMs: ended.startedAtMs || null,
    finishedAtMs: ended.finishedAtMs,
    payload: state === 'dead' ? parsePayload(record.payload) : undefined,
    ...told,
    cancelRequested: false,
  };
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
