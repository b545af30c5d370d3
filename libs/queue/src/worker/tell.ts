import type { JobTransition } from '../job-events.js';
import type { JobState } from '../queue.types.js';
import type { ActiveRun } from './active-run.js';
import type { RunParts } from './run-parts.js';
import { withinLease } from './within-lease.js';

/** A change of state, without what the run itself knows. */
export type Told = Partial<JobTransition> & { readonly from: JobState; readonly to: JobState };

/** Tells of a change that may be missed. */
export async function tell(run: ActiveRun, parts: RunParts, told: Told): Promise<void> {
  try {
    await withinLease(mustTell(run, parts, told), parts.worker.leaseMs);
  } catch (error) {
    parts.onError(error);
  }
}

/** Tells of a change that must be heard; rejects with what the port said. */
export async function mustTell(
  run: ActiveRun,
  { events }: Pick<RunParts, 'events'>,
  told: Told,
): Promise<void> {
  await events?.onTransition({ job: run.job, atMs: Date.now(), ...told });
}
