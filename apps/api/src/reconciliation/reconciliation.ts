import { Injectable } from '@nestjs/common';
import { CompareCounters } from './compare-counters.js';
import { CompareDead } from './compare-dead.js';
import { CompareJournal } from './compare-journal.js';
import { ComparePauses } from './compare-pauses.js';
import { CompareQueue } from './compare-queue.js';
import { type Comparison, type Divergence, Pass } from './pass.js';
import { ReconcilerLease } from './reconciler-lease.js';
import { RedisMemory } from './redis-memory.js';

export interface ReconciliationRequest {
  /** False: nothing is changed. Default true. */
  readonly repairs?: boolean;
  /** Not where some node has compared within so many seconds. Default 0. */
  readonly restSeconds?: number;
}

/** One pass over everything, by one process at a time. */
@Injectable()
export class Reconciliation {
  private readonly comparisons: readonly Comparison[];
  private readonly stopping = new AbortController();
  private last: Promise<unknown> = Promise.resolve();
  private before: Pass | undefined;

  constructor(
    journal: CompareJournal,
    queued: CompareQueue,
    dead: CompareDead,
    pauses: ComparePauses,
    counters: CompareCounters,
    private readonly memory: RedisMemory,
    private readonly lease: ReconcilerLease,
  ) {
    // Pauses first: what returns to a paused line must not start.
    this.comparisons = [pauses, journal, queued, dead, counters];
  }

  /** What did not agree; undefined where another process compares. Rejects where a part is away. */
  compare(request: ReconciliationRequest = {}): Promise<readonly Divergence[] | undefined> {
    const pass = this.last.then(() => this.pass(request));
    this.last = pass.catch(() => undefined);
    return pass;
  }

  /** Ends a pass between two comparisons. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.last;
  }

  private async pass({ repairs = true, restSeconds = 0 }: ReconciliationRequest) {
    if (!(await this.lease.take(restSeconds))) return undefined;
    try {
      const memory = await this.lease.memory(await this.memory.mark(), repairs);
      const pass = new Pass(memory, repairs, this.before);
      for (const comparison of this.comparisons) {
        if (this.stopping.signal.aborted || !(await this.lease.keep())) return undefined;
        await comparison.compare(pass);
      }
      this.before = pass;
      return [...pass.divergences.values()];
    } finally {
      await this.lease.release().catch(() => undefined); // It lapses.
    }
  }
}
