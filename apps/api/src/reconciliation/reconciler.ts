import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { type Divergence, DIVERGENCES } from './pass.js';
import { ReconcilerLease } from './reconciler-lease.js';
import { Reconciliation } from './reconciliation.js';
import { ReconciliationMetrics } from './reconciliation-metrics.js';
import { mayKnowLess, type MemoryMark, RedisMemory } from './redis-memory.js';

/** How often journal, queue, ledger and counters are compared, in seconds. */
const REST_SECONDS = 30;
/** How often a node looks which memory Redis has, in ms. */
const LOOK_MS = 1_000;
/** How often it asks whether it is time, in ms. */
const TRY_MS = 10_000;

/**
 * Keeps journal, queue, ledger and counters in agreement, from the start until the application stops: every 30 s, one node
 * at a time, and at once where Redis lost its memory or came back with an older one.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Reconciler');
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;
  private isLooking = false;
  private seen: MemoryMark | undefined;
  private tryAt = 0;
  /** Not yet compared since the start, or since Redis' memory changed. */
  private isUrgent = true;

  constructor(
    private readonly reconciliation: Reconciliation,
    private readonly queue: FairQueue,
    private readonly memory: RedisMemory,
    private readonly lease: ReconcilerLease,
    private readonly metrics: ReconciliationMetrics,
  ) {}

  onApplicationBootstrap(): void {
    this.stopListening = this.queue.onLost(async () => {
      await this.lease.forgotten();
      this.isUrgent = true;
    });
    this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
    void this.look();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopListening();
    await this.reconciliation.stop();
  }

  /** Compares everything now and makes it agree; undefined where another node does. Rejects where a part is away. */
  async compare(restSeconds = 0): Promise<readonly Divergence[] | undefined> {
    const divergences = await this.reconciliation.compare({ restSeconds });
    if (divergences) this.tell(divergences);
    return divergences;
  }

  /** Compares where it is time. Never rejects. */
  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      await this.lookOnce();
    } catch (error) {
      this.logger.debug(`Nothing can be compared now: ${String(error)}`);
    } finally {
      this.isLooking = false;
    }
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
    if (await this.compare(this.isUrgent ? 0 : REST_SECONDS)) this.isUrgent = false;
  }

  private tell(divergences: readonly Divergence[]): void {
    this.metrics.compared(divergences);
    for (const { kind, found, repaired, examples } of divergences) {
      const named = examples.map((name) => JSON.stringify(name)).join(', ');
      this.logger.warn(`${found} × ${DIVERGENCES[kind]}; ${repaired} repaired; such as ${named}`);
    }
  }
}
