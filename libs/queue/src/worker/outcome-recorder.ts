import type { Claims } from '../store/records/claim.js';
import type { Outcome } from '../store/scripts/finish-runs.js';
import type { QueueShard } from '../store/queue-shard.js';
import type { ActiveRun } from './active-run.js';
import { cancelRun } from './run-job.js';
import type { RunParts } from './run-parts.js';

/** What the recorder needs of the worker's slots. */
export interface Slots {
  release(run: ActiveRun): void;
  /** Takes every free slot; returns how many. */
  reserve(): number;
  claimed(reserved: number, claims: Claims): void;
}

interface Recording {
  readonly run: ActiveRun;
  readonly outcome: Outcome;
  readonly done: () => void;
}

/** Half of the slots of a busy worker: Redis works on the one half while this process runs the other. */
const AT_ONCE = 32;
const RETRY_MS = 100;

/**
 * Records how runs ended: those of one turn of the event loop in one round trip, which also claims the next jobs.
 * While Redis is away it repeats until the lease of the run is over; then the job runs again elsewhere.
 */
export class OutcomeRecorder {
  private waiting: Recording[] = [];
  private readonly sending = new Set<Promise<void>>();

  constructor(
    private readonly shard: QueueShard,
    private readonly leaseMs: number,
    private readonly parts: RunParts,
    private readonly slots: Slots,
  ) {}

  /** Resolves when the outcome is recorded or given up. */
  record(run: ActiveRun, outcome: Outcome): Promise<void> {
    return new Promise((done) => {
      if (this.waiting.length === 0) setImmediate(() => this.send());
      this.waiting.push({ run, outcome, done });
      if (this.waiting.length >= AT_ONCE) this.send();
    });
  }

  /** Resolves when nothing is under way. */
  async flushed(): Promise<void> {
    this.send();
    while (this.sending.size > 0) await Promise.all(this.sending);
  }

  close(): Promise<void> {
    return this.flushed();
  }

  private send(): void {
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length === 0) return;
    const sent = this.write(batch).finally(() => this.sending.delete(sent));
    this.sending.add(sent);
  }

  private async write(batch: readonly Recording[]): Promise<void> {
    for (const { run } of batch) this.slots.release(run);
    const reserved = this.slots.reserve();
    let finished;
    try {
      finished = await this.shard.finish(
        batch.map(({ outcome }) => outcome),
        reserved,
        this.leaseMs,
      );
    } catch (error) {
      this.parts.onError(error);
      this.slots.claimed(reserved, { claims: [], more: false, nowMs: 0, nextDueMs: 0 });
      return this.writeAgain(batch);
    }
    batch.forEach((recording, index) => {
      if (finished.codes[index] === 'cancelled') void this.recordCancel(recording);
      else recording.done();
    });
    this.slots.claimed(reserved, finished);
  }

  private async writeAgain(batch: readonly Recording[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    const now = performance.now();
    const alive = batch.filter(({ run }) => run.leaseEndsAt > now);
    for (const recording of batch) if (!alive.includes(recording)) recording.done();
    if (alive.length > 0) await this.write(alive);
  }

  private async recordCancel({ run, done }: Recording): Promise<void> {
    const outcome = await cancelRun(run, this.parts);
    if (outcome) await this.record(run, outcome);
    done();
  }
}
