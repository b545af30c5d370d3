import type { FairQueue } from '../fair-queue.js';
import type { JobAdmission } from '../job-admission.js';
import type { JobEvents } from '../job-events.js';
import { faultsByRetryable, type JobFaults } from '../job-faults.js';
import { JobCancelledError, QueueConfigurationError, WorkerStoppingError } from '../queue.errors.js';
import {
  type QueueWorkerOptions,
  type ResolvedWorkerOptions,
  resolveWorkerOptions,
} from '../queue.options.js';
import type { Claim, Claims } from '../store/records/claim.js';
import type { Outcome } from '../store/scripts/finish-runs.js';
import { toJob } from '../store/records/job.js';
import type { QueueShard } from '../store/queue-shard.js';
import { WaitSamples } from '../store/waits.js';
import { ActiveRun } from './active-run.js';
import { OutcomeRecorder } from './outcome-recorder.js';
import type { JobRunner } from './job-handler.js';
import { LeaseKeeper } from './lease-keeper.js';
import { runJob } from './run-job.js';
import type { RunParts } from './run-parts.js';
import { WakeListener } from './wake-listener.js';

export interface QueueWorkerParts {
  readonly queue: FairQueue;
  /** By job name. */
  readonly runners: ReadonlyMap<string, JobRunner>;
  /** Default: every job is admitted. */
  readonly admission?: JobAdmission;
  /** Default: no journal. */
  readonly events?: JobEvents;
  /** Default: an error's own `retryable` says. */
  readonly faults?: JobFaults;
  /** Hears of what went wrong beside the jobs themselves: Redis or a port that failed. Default: nobody. */
  readonly onError?: (error: unknown) => void;
}

/** A run that keeps its slot although it should have ended: see `QueueWorker.stuckRuns`. */
export interface StuckRun {
  readonly jobId: string;
  readonly tenantId: string;
  /** For how long it has held its slot beyond lease and grace, in ms. */
  readonly overdueMs: number;
}

/** Keeps the claim script short. */
const MAX_CLAIM = 128;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Claims and runs jobs from start() until stop(). It claims when it starts, when a run ends, when a hint says that
 * there is work, and when something becomes due; the safety net (`tend`) only finds what was lost.
 */
export class QueueWorker {
  readonly options: ResolvedWorkerOptions;
  private readonly runs = new Set<ActiveRun>();
  private readonly samples: ReadonlyMap<QueueShard, WaitSamples>;
  private readonly recorders: ReadonlyMap<QueueShard, OutcomeRecorder>;
  private readonly keeper: LeaseKeeper;
  private readonly runParts: RunParts;
  private listeners: WakeListener[] = [];
  private stopListening: (() => void) | undefined;
  private safetyNet: NodeJS.Timeout | undefined;
  private dueTimer: NodeJS.Timeout | undefined;
  private state: 'new' | 'working' | 'stopping' | 'stopped' = 'new';
  /** Slots promised to claims under way. */
  private reserved = 0;
  private claiming = false;
  private claimAgain = false;
  private firstShard = 0;
  private tending: Promise<void> | undefined;
  /** Since admission last answered. */
  private askedInVain = 0;
  private readonly idleWaiters = new Set<() => void>();
  private readonly emptyWaiters = new Set<() => void>();

  constructor(
    readonly parts: QueueWorkerParts,
    options: QueueWorkerOptions = {},
  ) {
    this.options = resolveWorkerOptions(options);
    const { queue, admission, events, runners } = parts;
    const onError = parts.onError ?? (() => undefined);
    this.runParts = {
      runners,
      admission,
      events,
      faults: parts.faults ?? faultsByRetryable,
      onError,
      queue: queue.options,
      worker: this.options,
      askedWell: () => (this.askedInVain = 0),
      askedInVain: () => (this.askedInVain += 1),
    };
    this.samples = new Map(queue.shards.map((shard) => [shard, new WaitSamples()]));
    this.keeper = new LeaseKeeper(this.runs, this.options.leaseMs, admission, onError);
    this.recorders = new Map(
      queue.shards.map((shard) => [
        shard,
        new OutcomeRecorder(shard, this.options.leaseMs, this.runParts, {
          release: (run) => this.release(run),
          reserve: () => this.reserve(),
          claimed: (reserved, claims) => {
            this.claimed(shard, reserved, claims);
            this.tryOtherShards(reserved, claims);
          },
        }),
      ]),
    );
  }

  /** Jobs that run in this process now. */
  get running(): number {
    return this.runs.size;
  }

  /**
   * Runs that hold a slot longer than a lease and `graceMs` after they should have got on: asked for admission in vain,
   * taken longer than they may, or ended without that anybody could record it.
   */
  stuckRuns(graceMs: number): readonly StuckRun[] {
    const now = performance.now() - graceMs;
    return [...this.runs]
      .filter(({ progressBy }) => progressBy < now)
      .map(({ job: { jobId, tenantId }, progressBy }) => ({ jobId, tenantId, overdueMs: now - progressBy }));
  }

  /** `ownSafetyNet` false = the caller calls `tend` about every `safetyNetMs`. */
  start({ ownSafetyNet = true } = {}): void {
    if (this.state !== 'new') throw new QueueConfigurationError('A worker starts once');
    this.state = 'working';
    this.keeper.start();
    this.stopListening = this.parts.queue.signals.onCancel((jobId) => this.cancelled(jobId));
    if (ownSafetyNet) this.safetyNet = setInterval(() => void this.tend(), this.options.safetyNetMs).unref();
    this.listeners = this.parts.queue.shards.map(
      (shard) =>
        new WakeListener(
          shard,
          () => this.whenIdle(),
          () => this.claim(),
        ),
    );
    for (const listener of this.listeners) listener.start();
    void this.claim();
  }

  /** Claims no more; running jobs get `drainMs`, then go back to their line. */
  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopping';
    clearInterval(this.safetyNet);
    clearTimeout(this.dueTimer);
    for (const listener of this.listeners) listener.stop();
    for (const wake of this.idleWaiters) wake();
    if (!(await this.drained(this.options.drainMs))) {
      for (const run of this.runs) run.abort(new WorkerStoppingError('The worker stops'));
      await this.drained(this.options.drainMs + 2_000);
    }
    await this.tending;
    this.keeper.stop();
    this.stopListening?.();
    await Promise.all([...this.recorders.values()].map((recorder) => recorder.close()));
    await this.flushSamples();
    this.state = 'stopped';
  }

  /** For tests: runs what can run now, up to `max` jobs (default 1), to its end; returns how many were taken. */
  async runOnce(max = 1): Promise<number> {
    let taken = 0;
    for (const shard of this.parts.queue.shards) {
      if (taken >= max) break;
      const { claims, nowMs } = await shard.claim(max - taken, this.options.leaseMs);
      taken += claims.length;
      this.keeper.start();
      await Promise.all(claims.map((claim) => this.begin(shard, claim, nowMs)));
    }
    await Promise.all([...this.recorders.values()].map((recorder) => recorder.flushed()));
    if (this.state === 'new') this.keeper.stop();
    await this.flushSamples();
    return taken;
  }

  /** The safety net: returns lost jobs to their lines, ends those that must end, claims what no hint announced. */
  tend(): Promise<void> {
    this.tending ??= this.tendOnce().finally(() => (this.tending = undefined));
    return this.tending;
  }

  private async tendOnce(): Promise<void> {
    try {
      for (const shard of this.parts.queue.shards) await this.reap(shard);
      await this.flushSamples();
    } catch (error) {
      this.runParts.onError(error);
    }
    await this.claim();
  }

  private async reap(shard: QueueShard): Promise<void> {
    for (;;) {
      const { claims, more, nowMs } = await shard.reap(this.options.leaseMs);
      for (const claim of claims) {
        if (claim.kind === 'run') await this.tellLost(shard, claim, nowMs);
        else void this.take(shard, claim, nowMs);
      }
      if (!more) return;
    }
  }

  private async tellLost(shard: QueueShard, claim: Claim, nowMs: number): Promise<void> {
    const error = { message: 'The worker fell silent', code: 'lease_lost' };
    const { job } = this.activate(shard, claim, nowMs);
    try {
      await this.parts.events?.onTransition({ job, from: 'running', to: 'failed', atMs: Date.now(), error });
    } catch (failure) {
      this.runParts.onError(failure);
    }
  }

  private async flushSamples(): Promise<void> {
    for (const [shard, samples] of this.samples) {
      await samples.flush(shard).catch((error: unknown) => this.runParts.onError(error));
    }
  }

  /** Fills the free slots. One claim at a time: a call meanwhile makes it look again. */
  private async claim(): Promise<void> {
    if (this.claiming) {
      this.claimAgain = true;
      return;
    }
    this.claiming = true;
    try {
      do {
        this.claimAgain = false;
        await this.claimRound();
      } while (this.claimAgain && this.state === 'working');
    } finally {
      this.claiming = false;
    }
  }

  private async claimRound(): Promise<void> {
    const { shards } = this.parts.queue;
    const first = this.firstShard;
    this.firstShard = (first + 1) % shards.length;
    for (let step = 0; step < shards.length; step++) {
      const shard = shards[(first + step) % shards.length]!;
      const slots = this.reserve();
      if (slots === 0) return;
      try {
        this.claimed(shard, slots, await shard.claim(slots, this.options.leaseMs));
      } catch (error) {
        this.unreserve(slots);
        this.runParts.onError(error);
      }
    }
  }

  private reserve(): number {
    if (this.state !== 'working') return 0;
    const slots = Math.min(MAX_CLAIM, Math.max(0, this.options.concurrency - this.runs.size - this.reserved));
    this.reserved += slots;
    return slots;
  }

  private hasRoom(): boolean {
    return this.runs.size + this.reserved < this.options.concurrency;
  }

  private unreserve(slots: number): void {
    this.reserved -= slots;
    if (this.hasRoom()) {
      for (const wake of this.idleWaiters) wake();
      this.idleWaiters.clear();
    }
    if (this.runs.size === 0) for (const wake of this.emptyWaiters) wake();
  }

  private claimed(shard: QueueShard, reserved: number, { claims, more, nowMs, nextDueMs }: Claims): void {
    for (const claim of claims) void this.begin(shard, claim, nowMs);
    this.unreserve(reserved);
    const filled = reserved > 0 && claims.length >= reserved;
    if (more || (filled && this.hasRoom())) void this.claim();
    if (nextDueMs > 0 && claims.length < reserved) this.armDueTimer(nextDueMs - nowMs);
  }

  /** The end of a run claims from its own shard; where that has nothing more, the slot is for the others. */
  private tryOtherShards(reserved: number, { claims }: Claims): void {
    if (this.parts.queue.shards.length > 1 && claims.length < reserved) void this.claim();
  }

  /** One timer, for whatever this worker knows to become due first. */
  private armDueTimer(delayMs: number): void {
    if (this.state !== 'working') return;
    clearTimeout(this.dueTimer);
    const delay = Math.min(Math.max(delayMs, 1), MAX_TIMER_MS);
    this.dueTimer = setTimeout(() => void this.claim(), delay).unref();
  }

  /** A job's wait ends with its first run. */
  private begin(shard: QueueShard, claim: Claim, nowMs: number): Promise<void> {
    const { tenantId, createdAtMs } = claim.record;
    if (claim.kind === 'run' && claim.attempts === 1 && claim.lastError === '')
      this.samples.get(shard)!.add(tenantId, nowMs - createdAtMs);
    return this.take(shard, claim, nowMs);
  }

  private async take(shard: QueueShard, claim: Claim, nowMs: number): Promise<void> {
    const run = this.activate(shard, claim, nowMs);
    this.runs.add(run);
    let outcome: Outcome | undefined;
    try {
      outcome = await runJob(run, this.runParts);
    } catch (error) {
      this.runParts.onError(error);
    }
    if (outcome) await this.recorders.get(shard)!.record(run, outcome);
    else this.release(run);
  }

  private activate(shard: QueueShard, claim: Claim, nowMs: number): ActiveRun {
    const job = toJob(this.parts.queue.name, claim.record, { attempt: claim.attempts, token: claim.token });
    return new ActiveRun(shard, claim, job, this.options.leaseMs, nowMs);
  }

  private release(run: ActiveRun): void {
    this.runs.delete(run);
    this.unreserve(0);
  }

  private cancelled(jobId: string): void {
    for (const run of this.runs) {
      if (run.job.jobId === jobId) run.abort(new JobCancelledError('The job was cancelled'));
    }
  }

  private async whenIdle(): Promise<void> {
    while (this.state === 'working' && !this.hasRoom()) {
      await new Promise<void>((resolve) => this.idleWaiters.add(resolve));
    }
  }

  private async drained(withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (this.runs.size > 0 || this.reserved > 0) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.min(left, 50));
        this.emptyWaiters.add(resolve);
      });
      clearTimeout(timer);
      this.emptyWaiters.clear();
    }
    return true;
  }
}
