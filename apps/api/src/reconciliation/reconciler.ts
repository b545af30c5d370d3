import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { CompareCounters } from './compare-counters.js';
import { CompareDead } from './compare-dead.js';
import { CompareJournal } from './compare-journal.js';
import { ComparePauses } from './compare-pauses.js';
import { CompareQueue } from './compare-queue.js';
import { type Comparison, type Divergence, DIVERGENCES, Pass } from './pass.js';
import { ReconcilerLease } from './reconciler-lease.js';
import { ReconciliationMetrics } from './reconciliation-metrics.js';
import { mayKnowLess, type MemoryMark, RedisMemory } from './redis-memory.js';

/** How often journal, queue, ledger and counters are compared, in seconds. */
const REST_SECONDS = 30;
/** How often a node looks whether it is time, and which memory Redis has, in ms. */
const LOOK_MS = 1_000;
const TRY_MS = 10_000;

/**
 * Keeps journal, queue, ledger and counters in agreement, from the start until the application stops: every 30 s, one node
 * at a time, and at once where Redis lost its memory or came back with an older one.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Reconciler');
  private readonly comparisons: readonly Comparison[];
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;
  private underWay: Promise<void> | undefined;
  private isStopping = false;
  private seen: MemoryMark | undefined;
  private before: Pass | undefined;
  private tryAt = 0;
  /** Not yet compared since the start, or since Redis' memory changed. */
  private isUrgent = true;

  constructor(
    journal: CompareJournal,
    queued: CompareQueue,
    dead: CompareDead,
    pauses: ComparePauses,
    counters: CompareCounters,
    private readonly queue: FairQueue,
    private readonly memory: RedisMemory,
    private readonly lease: ReconcilerLease,
    private readonly metrics: ReconciliationMetrics,
  ) {
    this.comparisons = [pauses, journal, queued, dead, counters];
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.queue.onLost(async () => {
      await this.lease.forgotten();
      this.isUrgent = true;
    });
    this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
    void this.look();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    this.stopListening();
    await this.underWay;
  }

  /** Compares everything now, unless another node does; undefined then. Rejects where a part is away. */
  async compare(options: { readonly repairs?: boolean } = {}): Promise<readonly Divergence[] | undefined> {
    while (this.underWay) await this.underWay;
    const pass = this.pass(options);
    this.underWay = pass.then(
      () => (this.underWay = undefined),
      () => (this.underWay = undefined),
    );
    return pass;
  }

  private async pass({ repairs = true, restSeconds = 0 }): Promise<readonly Divergence[] | undefined> {
    if (!(await this.lease.take(restSeconds))) return undefined;
    try {
      const memory = await this.lease.memory(await this.memory.mark());
      const pass = new Pass(memory, repairs, this.before);
      for (const comparison of this.comparisons) {
        if (this.isStopping || !(await this.lease.keep())) return undefined;
        await comparison.compare(pass);
      }
      this.before = pass;
      const divergences = [...pass.divergences.values()];
      this.tell(divergences);
      return divergences;
    } finally {
      await this.lease.release().catch(() => undefined); // It lapses.
    }
  }

  /** Compares where it is time. Never rejects. */
  private look(): Promise<void> {
    this.underWay ??= this.lookOnce()
      .catch((error: unknown) => this.logger.debug(`Nothing can be compared now: ${String(error)}`))
      .finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  private async lookOnce(): Promise<void> {
    const mark = await this.memory.mark();
    if (this.seen && mayKnowLess(this.seen, mark)) {
      this.logger.warn('Redis may have come back with an older memory: everything is compared');
      this.isUrgent = true;
    }
    this.seen = mark;
    if (!this.isUrgent && performance.now() < this.tryAt) return;
    this.tryAt = performance.now() + TRY_MS;
    const restSeconds = this.isUrgent ? 0 : REST_SECONDS;
    if (await this.pass({ restSeconds })) this.isUrgent = false;
  }

  private tell(divergences: readonly Divergence[]): void {
    this.metrics.compared(divergences);
    for (const { kind, found, repaired, examples } of divergences) {
      this.logger.warn(
        `${found} × ${DIVERGENCES[kind]}; ${repaired} repaired; such as ${examples.map((name) => JSON.stringify(name)).join(', ')}`,
      );
    }
  }
}
