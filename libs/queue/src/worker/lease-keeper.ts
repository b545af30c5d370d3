import type { JobAdmission } from '../job-admission.js';
import { JobCancelledError, LeaseLostError } from '../queue.errors.js';
import type { QueueShard } from '../store/queue-shard.js';
import type { ActiveRun } from './active-run.js';

/** Extends the leases of this worker's runs three times per lease, until stop(); aborts the run whose lease is gone. */
export class LeaseKeeper {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runs: ReadonlySet<ActiveRun>,
    private readonly leaseMs: number,
    private readonly admission: JobAdmission | undefined,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => void this.extend(), Math.max(1, Math.floor(this.leaseMs / 3))).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async extend(): Promise<void> {
    await Promise.all([...groupByShard(this.runs)].map(([shard, runs]) => this.extendAt(shard, runs)));
  }

  private async extendAt(shard: QueueShard, runs: readonly ActiveRun[]): Promise<void> {
    const sentAt = performance.now();
    try {
      const states = await shard.extend(
        runs.map(({ claim, job }) => ({ jobId: job.jobId, token: claim.token })),
        this.leaseMs,
      );
      runs.forEach((run, index) => {
        if (states[index] === 'lost') run.abort(new LeaseLostError('The lease of the run lapsed'));
        else run.leaseEndsAt = sentAt + this.leaseMs;
        if (states[index] === 'cancelled') run.abort(new JobCancelledError('The job was cancelled'));
      });
    } catch (error) {
      this.onError(error);
    }
    this.abortLapsed(runs);
    await this.extendAdmission(runs);
  }

  /** Redis has been away for a whole lease: another worker may have begun the job. */
  private abortLapsed(runs: readonly ActiveRun[]): void {
    const now = performance.now();
    for (const run of runs) {
      if (run.leaseEndsAt <= now) run.abort(new LeaseLostError('The lease could not be extended in time'));
    }
  }

  private async extendAdmission(runs: readonly ActiveRun[]): Promise<void> {
    if (!this.admission?.extend) return;
    const admission = this.admission;
    const extended = await Promise.allSettled(
      runs.filter(({ signal }) => !signal.aborted).map(({ job }) => admission.extend!(job, this.leaseMs)),
    );
    for (const one of extended) if (one.status === 'rejected') this.onError(one.reason);
  }
}

function groupByShard(runs: ReadonlySet<ActiveRun>): Map<QueueShard, ActiveRun[]> {
  const groups = new Map<QueueShard, ActiveRun[]>();
  for (const run of runs) {
    const group = groups.get(run.shard);
    if (group) group.push(run);
    else groups.set(run.shard, [run]);
  }
  return groups;
}
