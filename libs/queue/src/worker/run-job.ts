import type { JobAdmission, RunOutcome } from '../job-admission.js';
import type { JobEvents, JobTransition } from '../job-events.js';
import {
  JobCancelledError,
  LeaseLostError,
  RunTimeoutError,
  UnrecoverableJobError,
  WorkerStoppingError,
} from '../queue.errors.js';
import type { ResolvedQueueOptions, ResolvedWorkerOptions } from '../queue.options.js';
import type { JobError, JobState, JsonValue } from '../queue.types.js';
import type { Outcome, OutcomeKind } from '../store/finish-runs.js';
import type { ActiveRun } from './active-run.js';
import { backoffMs } from './backoff.js';
import { toJobError } from './job-error.js';
import type { JobRunner } from './job-handler.js';

export interface RunParts {
  readonly runners: ReadonlyMap<string, JobRunner>;
  readonly admission: JobAdmission | undefined;
  readonly events: JobEvents | undefined;
  readonly queue: ResolvedQueueOptions;
  readonly worker: ResolvedWorkerOptions;
  readonly onError: (error: unknown) => void;
}

/** How long an aborted handler may still take to report what it spent. */
const ABORT_GRACE_MS = 1_000;
const RECORD_RETRY_MS = 200;
/** With growing pauses these are some ten seconds, in which a short outage of Redis is over. */
const LOST_SETTLE_ATTEMPTS = 10;
const MAX_RECORD_RETRY_MS = 5_000;

/**
 * Takes one claimed job to its outcome: admit, run, settle, journal. Undefined = the lease is lost and nothing may be
 * recorded; whoever holds the job now does that.
 */
export async function runJob(run: ActiveRun, parts: RunParts): Promise<Outcome | undefined> {
  if (run.claim.kind !== 'run') return endUnrun(run, parts);
  const refusal = parts.admission && (await admit(run, parts, parts.admission));
  if (refusal) return refusal;
  if (parts.events) await tell(run, parts, { from: previousState(run), to: 'running' });
  const result = await attempt(run, parts);
  if (run.abortReason instanceof LeaseLostError) return settleLost(run, parts);
  return result.succeeded ? succeed(run, parts, result.value) : fail(run, parts, result.error);
}

/** Another run has the job now; what this one spent is its own all the same. */
async function settleLost(run: ActiveRun, { admission, onError }: RunParts): Promise<undefined> {
  const error = toJobError(run.abortReason);
  const ended = { state: 'lost', error, trueCost: run.trueCost, usage: run.usage } as const;
  for (let attempt = 1; attempt <= LOST_SETTLE_ATTEMPTS; attempt++) {
    try {
      return void (await admission?.settle?.(run.job, ended));
    } catch (failure) {
      onError(failure);
      await pause(RECORD_RETRY_MS * attempt);
    }
  }
}

type Attempt =
  | { readonly succeeded: true; readonly value: JsonValue | undefined }
  | { readonly succeeded: false; readonly error: unknown };

/** Expired, lost too often, or cancelled while nobody held it. */
async function endUnrun(run: ActiveRun, parts: RunParts): Promise<Outcome | undefined> {
  const ends: Record<string, { to: 'expired' | 'dead' | 'cancelled'; error: JobError }> = {
    expired: {
      to: 'expired',
      error: { message: 'Its time to live was over before it ran', code: 'expired' },
    },
    lost: { to: 'dead', error: { message: 'Its worker fell silent in every attempt', code: 'lease_lost' } },
    cancelled: {
      to: 'cancelled',
      error: { message: 'Cancelled while its worker was lost', code: 'job_cancelled' },
    },
  };
  const { to, error } = ends[run.claim.kind]!;
  const from = to === 'expired' ? previousState(run) : 'running';
  const recorded = await record(run, parts, () => tell(run, parts, { from, to, error }, true));
  return recorded ? outcome(run, to, { text: JSON.stringify(error) }) : undefined;
}

/** The outcome of a run that may not begin; undefined where it may. */
async function admit(run: ActiveRun, parts: RunParts, admission: JobAdmission): Promise<Outcome | undefined> {
  let answer;
  try {
    answer = await admission.admit(run.job);
  } catch (error) {
    return fail(run, { ...parts, admission: undefined }, error);
  }
  if (answer.admitted) return undefined;
  const { retryAtMs, reason } = answer;
  await tell(run, parts, { from: previousState(run), to: 'waiting', retryAtMs });
  const timeMs = retryAtMs === null ? 0 : Math.max(1, Math.ceil(retryAtMs));
  return outcome(run, 'park', { timeMs, text: Buffer.from(reason).subarray(0, 256).toString() });
}

async function attempt(run: ActiveRun, parts: RunParts): Promise<Attempt> {
  const runner = parts.runners.get(run.job.name);
  if (!runner)
    return { succeeded: false, error: new UnrecoverableJobError(`No handler for "${run.job.name}"`) };
  const maxRunMs = run.claim.record.maxRunMs || parts.worker.maxRunMs;
  const timer = setTimeout(
    () => run.abort(new RunTimeoutError(`It took longer than ${maxRunMs} ms`)),
    maxRunMs,
  );
  try {
    const handled = handle(run, runner);
    const first = await Promise.race([handled, run.aborted()]);
    if (first && !run.signal.aborted) return first;
    await Promise.race([handled, pause(ABORT_GRACE_MS)]);
    return { succeeded: false, error: run.abortReason };
  } finally {
    clearTimeout(timer);
  }
}

async function handle(run: ActiveRun, runner: JobRunner): Promise<Attempt> {
  try {
    return { succeeded: true, value: (await runner.run(run.job, run)) ?? undefined };
  } catch (error) {
    return { succeeded: false, error };
  }
}

async function succeed(
  run: ActiveRun,
  parts: RunParts,
  value: JsonValue | undefined,
): Promise<Outcome | undefined> {
  let text: string;
  try {
    text = value === undefined ? '' : JSON.stringify(value);
  } catch (error) {
    return fail(run, parts, new UnrecoverableJobError('The result is not JSON', { cause: error }));
  }
  const recorded = await settleAndTell(
    run,
    parts,
    { state: 'succeeded', result: value, trueCost: run.trueCost, usage: run.usage },
    { from: 'running', to: 'succeeded', result: value },
  );
  if (!recorded) return undefined;
  const fits = Buffer.byteLength(text) <= parts.queue.maxResultBytes;
  return outcome(run, 'succeeded', { trueCost: run.trueCost, text: fits ? text : '' });
}

async function fail(run: ActiveRun, parts: RunParts, thrown: unknown): Promise<Outcome | undefined> {
  const error = toJobError(thrown);
  const state = stateAfter(run, thrown);
  const timeMs = state === 'failed' ? backoffMs(run.job.attempt, parts.worker, Math.random()) : undefined;
  const recorded = await settleAndTell(
    run,
    parts,
    { state, error, trueCost: run.trueCost, usage: run.usage },
    { from: 'running', to: state, error, retryAtMs: timeMs === undefined ? undefined : Date.now() + timeMs },
  );
  if (!recorded) return undefined;
  const kinds = { failed: 'retry', dead: 'dead', cancelled: 'cancelled', waiting: 'back' } as const;
  return outcome(run, kinds[state], { trueCost: run.trueCost, timeMs, text: JSON.stringify(error) });
}

/** Ends a run that was cancelled between its own end and the queue's record of it. */
export async function cancelRun(run: ActiveRun, parts: RunParts): Promise<Outcome | undefined> {
  run.abort(new JobCancelledError('The job was cancelled'));
  return fail(run, { ...parts, admission: undefined }, run.abortReason);
}

function stateAfter(run: ActiveRun, thrown: unknown): 'failed' | 'dead' | 'cancelled' | 'waiting' {
  if (thrown instanceof JobCancelledError) return 'cancelled';
  if (thrown instanceof WorkerStoppingError) return 'waiting';
  if (thrown instanceof UnrecoverableJobError) return 'dead';
  return run.job.attempt >= run.job.maxAttempts ? 'dead' : 'failed';
}

async function settleAndTell(
  run: ActiveRun,
  parts: RunParts,
  ended: RunOutcome,
  transition: Partial<JobTransition> & { from: JobState; to: JobState },
): Promise<boolean> {
  if (!parts.admission?.settle && !parts.events) return true;
  const recorded = await record(run, parts, async () => {
    await parts.admission?.settle?.(run.job, ended);
    await tell(run, parts, transition, true);
  });
  if (!recorded && run.abortReason instanceof LeaseLostError) await settleLost(run, parts);
  return recorded;
}

/** Repeats what must be written before the queue forgets the job, while the lease is held. */
async function record(run: ActiveRun, parts: RunParts, write: () => Promise<void>): Promise<boolean> {
  for (let delay = RECORD_RETRY_MS; ; delay = Math.min(delay * 2, MAX_RECORD_RETRY_MS)) {
    try {
      await write();
      return true;
    } catch (error) {
      parts.onError(error);
    }
    const isOver =
      run.abortReason instanceof LeaseLostError || run.abortReason instanceof WorkerStoppingError;
    if (isOver) return false;
    await Promise.race([pause(delay), run.aborted()]);
    if (run.signal.aborted) await pause(RECORD_RETRY_MS);
  }
}

async function tell(
  run: ActiveRun,
  parts: RunParts,
  transition: Partial<JobTransition> & { from: JobState; to: JobState },
  mustSucceed = false,
): Promise<void> {
  try {
    await parts.events?.onTransition({ job: run.job, atMs: Date.now(), ...transition });
  } catch (error) {
    if (mustSucceed) throw error;
    parts.onError(error);
  }
}

function previousState(run: ActiveRun): JobState {
  return run.claim.lastError === '' ? 'waiting' : 'failed';
}

function outcome(run: ActiveRun, kind: OutcomeKind, rest: Partial<Outcome> & { text: string }): Outcome {
  return { jobId: run.job.jobId, token: run.claim.token, wakes: run.claim.wakes, kind, ...rest };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
