import type { Job } from '../queue.types.js';
import type { Claim } from '../store/records/claim.js';
import type { QueueShard } from '../store/queue-shard.js';
import type { JobContext } from './job-handler.js';

/** One job while this worker holds its lease. */
export class ActiveRun implements JobContext {
  readonly startedAt = performance.now();
  trueCost: number | undefined;
  usage: unknown;
  /** The lease, by this process' clock; renewed by the lease keeper. */
  leaseEndsAt: number;
  /** By this process' clock: until then it should have got on, or its slot be free. */
  progressBy: number;
  private readonly controller = new AbortController();
  private onAbort: (() => void) | undefined;

  constructor(
    readonly shard: QueueShard,
    readonly claim: Claim,
    readonly job: Job,
    private readonly leaseMs: number,
    /** Redis time of the claim, ms since 1970. */
    private readonly claimedAtMs: number,
  ) {
    this.leaseEndsAt = this.progressBy = this.startedAt + leaseMs;
  }

  /** Redis time, as far as it can be told without asking; ms since 1970. */
  get nowMs(): number {
    return Math.ceil(this.claimedAtMs + performance.now() - this.startedAt);
  }

  /** It got on: the next step should be done `withinMs`, and the lease that follows. */
  gotOn(withinMs = 0): void {
    this.progressBy = performance.now() + withinMs + this.leaseMs;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why it was aborted; undefined while it may go on. */
  get abortReason(): Error | undefined {
    return this.signal.aborted ? (this.signal.reason as Error) : undefined;
  }

  // Bound: handlers take it out of the context.
  readonly report = ({ trueCost, usage }: { readonly trueCost?: number; readonly usage?: unknown }): void => {
    if (trueCost !== undefined) this.trueCost = Math.max(0, Math.ceil(trueCost)) || 0;
    if (usage !== undefined) this.usage = usage;
  };

  abort(reason: Error): void {
    if (this.signal.aborted) return;
    this.controller.abort(reason);
    this.onAbort?.();
  }

  /** Resolves when the run is aborted, even if its handler never looks. */
  aborted(): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => (this.onAbort = resolve));
  }
}
