import { whenOver } from 'fairshare/redis';
import type { Admission, JobAdmission } from '../job-admission.js';
import { keepableJson, keepableText } from '../keepable.js';
import {
  JobCancelledError,
  LeaseLostError,
  RetryLaterError,
  RunTimeoutError,
  UnrecoverableJobError,
  WorkerStoppingError,
} from '../queue.errors.js';
import type { JobError, JobState, JsonValue } from '../queue.types.js';
import type { Outcome, OutcomeKind } from '../store/scripts/finish-runs.js';
import type { ActiveRun } from './active-run.js';
import { backoffMs } from './backoff.js';
import { concludeRun, settleLost } from './conclude-run.js';
import { toJobError } from './job-error.js';
import type { JobRunner } from './job-handler.js';
import type { RunParts } from './run-parts.js';
import { mustTell, tell } from './tell.js';
import { withinLease } from './within-lease.js';

/** How long an aborted handler may still take to report what it spent. */
const ABORT_GRACE_MS = 1_000;
/** Pauses of a tenant whose admission could not be asked, in ms. */
const ASK_AGAIN = { backoffMs: 200, maxBackoffMs: 5_000 };

/**
 * Takes one claimed job to its outcome: admit, run, settle, journal. Undefined = the lease is lost and nothing may be
 * recorded; whoever holds the job now does that.
 */
export async function runJob(run: ActiveRun, parts: RunParts): Promise<Outcome | undefined> {
  try {
    return await runToItsEnd(run, parts);
  } catch (error) {
    // Not foreseen: the slot must be free and the reason seen all the same.
    parts.onError(error);
    return fail(run, parts, new UnrecoverableJobError(toJobError(error).message, { cause: error }));
  }
}

async function runToItsEnd(run: ActiveRun, parts: RunParts): Promise<Outcome | undefined> {
  if (run.claim.kind !== 'run') return endUnrun(run, parts);
  const refusal = parts.admission && (await admit(run, parts, parts.admission));
  if (refusal) return refusal;
  const gone = parts.events && (await begin(run, parts));
  if (gone) return fail(run, parts, gone);
  const result = await attempt(run, parts);
  if (run.abortReason instanceof LeaseLostError) return settleLost(run, parts);
  return result.succeeded ? succeed(run, parts, result.value) : fail(run, parts, result.error);
}

/** Tells that it begins. Where the journal says that it must not (JobCancelledError), that is how it ends. */
async function begin(run: ActiveRun, parts: RunParts): Promise<JobCancelledError | undefined> {
  try {
    await withinLease(
      mustTell(run, parts, { from: previousState(run), to: 'running' }),
      parts.worker.leaseMs,
    );
  } catch (error) {
    if (error instanceof JobCancelledError) return error;
    parts.onError(error);
  }
  return undefined;
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
    lost: { to: 'dead', error: { message: 'Its workers fell silent, again and again', code: 'lease_lost' } },
    cancelled: {
      to: 'cancelled',
      error: { message: 'Cancelled while its worker was lost', code: 'job_cancelled' },
    },
  };
  const { to, error } = ends[run.claim.kind]!;
  const from = to === 'expired' ? previousState(run) : 'running';
  return concludeRun(run, parts, {
    transition: { from, to, error },
    outcome: outcome(run, to, { text: JSON.stringify(error) }),
  });
}

/** The outcome of a run that may not begin; undefined where it may. */
async function admit(run: ActiveRun, parts: RunParts, admission: JobAdmission): Promise<Outcome | undefined> {
  let answer: Admission;
  try {
    answer = await withinLease(admission.admit(run.job), parts.worker.leaseMs);
    parts.askedWell();
  } catch (error) {
    return notAsked(run, parts, error);
  }
  if (answer.admitted) return undefined;
  if ('never' in answer) return neverRun(run, parts, answer.never);
  const { retryAtMs, reason } = answer;
  return park(run, parts, retryAtMs === null ? null : Math.max(1, Math.ceil(retryAtMs)), reason);
}

/** Nobody could be asked: no attempt is spent, and the tenant is tried again in a moment, then ever later. */
function notAsked(run: ActiveRun, parts: RunParts, error: unknown): Promise<Outcome | undefined> {
  if (error instanceof RetryLaterError) {
    return park(run, parts, run.nowMs + Math.max(1, Math.ceil(error.afterMs)), error.reason);
  }
  const fault = parts.faults.faultOf(error);
  if (fault === 'permanent') return neverRun(run, parts, toJobError(error));
  if (fault === 'unknown') return fail(run, { ...parts, admission: undefined }, error);
  parts.onError(error);
  const pauseMs = backoffMs(parts.askedInVain(), ASK_AGAIN, Math.random());
  return park(run, parts, run.nowMs + pauseMs, toJobError(error).code ?? 'admission_unavailable');
}

async function park(
  run: ActiveRun,
  parts: RunParts,
  retryAtMs: number | null,
  reason: string,
): Promise<Outcome> {
  await tell(run, parts, { from: previousState(run), to: 'waiting', retryAtMs });
  return outcome(run, 'park', { timeMs: retryAtMs ?? 0, text: firstBytes(reason) });
}

/** It has not run, and will not: nothing is held, nothing charged. */
function neverRun(run: ActiveRun, parts: RunParts, error: JobError): Promise<Outcome | undefined> {
  return concludeRun(run, parts, {
    transition: { from: previousState(run), to: 'dead', error },
    outcome: outcome(run, 'dead', { trueCost: 0, text: JSON.stringify(error) }),
  });
}

async function attempt(run: ActiveRun, parts: RunParts): Promise<Attempt> {
  const runner = parts.runners.get(run.job.name);
  if (!runner)
    return { succeeded: false, error: new UnrecoverableJobError(`No handler for "${run.job.name}"`) };
  const maxRunMs = run.claim.record.maxRunMs || parts.worker.maxRunMs;
  run.gotOn(maxRunMs);
  const ended = whenOver(maxRunMs, () =>
    run.abort(new RunTimeoutError(`It took longer than ${maxRunMs} ms`)),
  );
  try {
    const handled = handle(run, runner);
    const first = await Promise.race([handled, run.aborted()]);
    if (first && !run.signal.aborted) return first;
    await Promise.race([handled, pause(ABORT_GRACE_MS)]);
    return { succeeded: false, error: run.abortReason };
  } finally {
    ended();
    run.gotOn();
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
  let json: string | undefined;
  try {
    json = value === undefined ? '' : JSON.stringify(value);
  } catch (error) {
    return fail(run, parts, new UnrecoverableJobError('The result is not JSON', { cause: error }));
  }
  if (json === undefined) return fail(run, parts, new UnrecoverableJobError('The result is not JSON'));
  const text = keepableJson(json);
  // The journal gets what the queue keeps: without NUL, and without what JSON leaves out.
  const result =
    parts.events && typeof value === 'object' ? (JSON.parse(text) as JsonValue) : keptScalar(value);
  const fits = Buffer.byteLength(text) <= parts.queue.maxResultBytes;
  return concludeRun(run, parts, {
    ended: { state: 'succeeded', result, trueCost: run.trueCost, usage: run.usage },
    transition: { from: 'running', to: 'succeeded', result },
    outcome: outcome(run, 'succeeded', { trueCost: run.trueCost, text: fits ? text : '' }),
  });
}

function keptScalar(value: JsonValue | undefined): JsonValue | undefined {
  return typeof value === 'string' ? keepableText(value).text : value;
}

async function fail(run: ActiveRun, parts: RunParts, thrown: unknown): Promise<Outcome | undefined> {
  const error = toJobError(thrown);
  if (thrown instanceof RetryLaterError) return giveBack(run, parts, thrown);
  const state = stateAfter(run, thrown);
  const timeMs = state === 'failed' ? backoffMs(run.job.attempt, parts.worker, Math.random()) : undefined;
  const kinds = { failed: 'retry', dead: 'dead', cancelled: 'cancelled', waiting: 'back' } as const;
  return concludeRun(run, parts, {
    ended: { state, error, trueCost: run.trueCost, usage: run.usage },
    transition: {
      from: 'running',
      to: state,
      error,
      retryAtMs: timeMs === undefined ? undefined : Date.now() + timeMs,
    },
    outcome: outcome(run, kinds[state], { trueCost: run.trueCost, timeMs, text: JSON.stringify(error) }),
  });
}

/** It could not work, through no fault of its own. */
function giveBack(run: ActiveRun, parts: RunParts, later: RetryLaterError): Promise<Outcome | undefined> {
  const error = toJobError(later);
  const timeMs = run.nowMs + Math.max(1, Math.ceil(later.afterMs));
  return concludeRun(run, parts, {
    ended: { state: 'waiting', error, trueCost: run.trueCost, usage: run.usage },
    transition: { from: 'running', to: 'waiting', retryAtMs: timeMs },
    outcome: outcome(run, 'park', { timeMs, text: firstBytes(later.reason) }),
  });
}

/** What the queue keeps of a reason. */
function firstBytes(reason: string): string {
  return Buffer.from(reason).subarray(0, 256).toString();
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

function previousState(run: ActiveRun): JobState {
  return run.claim.lastError === '' ? 'waiting' : 'failed';
}

function outcome(run: ActiveRun, kind: OutcomeKind, rest: Partial<Outcome> & { text: string }): Outcome {
  return { jobId: run.job.jobId, token: run.claim.token, wakes: run.claim.wakes, kind, ...rest };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
