import type { RunOutcome } from '../job-admission.js';
import { LeaseLostError, WorkerStoppingError } from '../queue.errors.js';
import type { JobError } from '../queue.types.js';
import type { Outcome } from '../store/scripts/finish-runs.js';
import type { ActiveRun } from './active-run.js';
import { toJobError } from './job-error.js';
import type { RunParts } from './run-parts.js';
import { mustTell, type Told } from './tell.js';
import { withinLease } from './within-lease.js';

/** How a run ends: what admission hears (undefined: it was not admitted), what the journal hears, what the queue records. */
export interface Ending {
  readonly ended?: RunOutcome;
  readonly transition: Told;
  readonly outcome: Outcome;
}

const MAX_BACKOFF = 25;
/** A run that was aborted waits for nothing, but not in a busy loop; in ms. */
const ABORTED_PAUSE_MS = 200;
/** Tries of what cannot be told to be transient. */
const MAX_UNKNOWN_TRIES = 5;
/** With growing pauses these are some ten seconds, in which a short outage of Redis is over. */
const LOST_SETTLE_ATTEMPTS = 10;
/** Longest outage that an end waits for; then the lease lapses and the job runs again. */
const MAX_OUTAGE_MS = 3_600_000;

/** over: the run is not ours to end any more. */
type Written = 'written' | 'over' | { readonly refused: unknown };

/**
 * Writes a run's end where it must last before the queue forgets the job: settles it, then journals it. What is transient
 * is repeated with growing pauses while the lease is held; what is permanent ends the job as dead with its reason.
 * Undefined = the run is not ours to end any more.
 */
export async function concludeRun(
  run: ActiveRun,
  parts: RunParts,
  { ended, transition, outcome }: Ending,
): Promise<Outcome | undefined> {
  const { admission } = parts;
  if (ended && admission?.settle) {
    const settled = await write(run, parts, () => admission.settle!(run.job, ended));
    if (settled === 'over') return leave(run, parts);
    // What it is said to have spent may be what cannot be settled: the hold is given back without it.
    if (settled !== 'written') {
      return bury(run, parts, { why: settled.refused, outcome, isHeld: true, usage: undefined });
    }
  }
  const told = await write(run, parts, () => mustTell(run, parts, transition));
  if (told === 'over') return ended && leave(run, parts);
  if (told === 'written') return outcome;
  return bury(run, parts, { why: told.refused, outcome, isHeld: ended !== undefined, usage: run.usage });
}

/** Another run has the job now; what this one spent is its own all the same. */
export async function settleLost(run: ActiveRun, parts: RunParts): Promise<undefined> {
  const { admission, faults, onError, worker } = parts;
  const error = toJobError(run.abortReason);
  const ended = { state: 'lost', error, trueCost: run.trueCost, usage: run.usage } as const;
  for (let attempt = 1; attempt <= LOST_SETTLE_ATTEMPTS; attempt++) {
    try {
      return void (await withinLease(Promise.resolve(admission?.settle?.(run.job, ended)), worker.leaseMs));
    } catch (failure) {
      onError(failure);
      if (faults.faultOf(failure) === 'permanent') return;
      await pause(worker.recordBackoffMs * attempt);
    }
  }
}

async function leave(run: ActiveRun, parts: RunParts): Promise<undefined> {
  if (run.abortReason instanceof LeaseLostError) await settleLost(run, parts);
}

interface Burial {
  readonly why: unknown;
  readonly outcome: Outcome;
  /** It was admitted. */
  readonly isHeld: boolean;
  readonly usage: unknown;
}

/** The end could not be written: the job ends as dead with the reason, as far as anybody can be told. */
async function bury(
  run: ActiveRun,
  parts: RunParts,
  { why, outcome, isHeld, usage }: Burial,
): Promise<Outcome | undefined> {
  const error = unwritable(why);
  const { trueCost } = run;
  const steps = [
    async () => {
      if (isHeld) await parts.admission?.settle?.(run.job, { state: 'dead', error, trueCost, usage });
    },
    () => mustTell(run, parts, { from: 'running', to: 'dead', error }),
  ];
  for (const step of steps) {
    if ((await write(run, parts, step)) === 'over') return undefined;
  }
  return { ...outcome, kind: 'dead', timeMs: undefined, text: JSON.stringify(error) };
}

function unwritable(why: unknown): JobError {
  const { message, code } = toJobError(why);
  return {
    message: `Its end could not be recorded: ${message}`.slice(0, 2_000),
    code: code ?? 'unrecordable',
  };
}

async function write(run: ActiveRun, parts: RunParts, step: () => Promise<void>): Promise<Written> {
  if (!parts.admission?.settle && !parts.events) return 'written';
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      await withinLease(step(), parts.worker.leaseMs);
      return 'written';
    } catch (error) {
      parts.onError(error);
      const fault = parts.faults.faultOf(error);
      if (fault === 'permanent' || (fault === 'unknown' && attempt >= MAX_UNKNOWN_TRIES)) {
        return { refused: error };
      }
    }
    if (isOver(run) || performance.now() - startedAt > MAX_OUTAGE_MS) return 'over';
    const pauseMs = parts.worker.recordBackoffMs * Math.min(2 ** (attempt - 1), MAX_BACKOFF);
    await Promise.race([pause(pauseMs), run.aborted()]);
    if (run.signal.aborted) await pause(ABORTED_PAUSE_MS);
  }
}

function isOver({ abortReason }: ActiveRun): boolean {
  return abortReason instanceof LeaseLostError || abortReason instanceof WorkerStoppingError;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
