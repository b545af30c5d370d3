import type { OperationId } from './operation-id.js';
import type { TenantId } from './tenant-id.js';

/** The pause between two tries while Redis does not answer grows from the first to the second, in ms. */
const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 1_000;
/** Beyond so many the oldest are left to their lease. */
const MOST = 10_000;

export interface AbandonedHold {
  readonly tenantId: TenantId;
  readonly operationId: OperationId;
  /** How long it could last, in ms: after that it has lapsed by itself. */
  readonly leaseMs: number;
}

/**
 * Holds that nobody will use: their caller was told that there is none, and Redis may have made them all the same. Each is
 * cancelled as soon as Redis answers, so that it takes no slot for a whole lease.
 */
export class AbandonedHolds {
  readonly #holds = new Map<OperationId, AbandonedHold & { readonly untilMs: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    /** Rejects while Redis does not answer. */
    private readonly cancel: (hold: AbandonedHold) => Promise<unknown>,
    /** After so long a call that was given up has no effect any more, in ms. */
    private readonly settledMs: number,
  ) {}

  get size(): number {
    return this.#holds.size;
  }

  add(hold: AbandonedHold): void {
    this.#holds.set(hold.operationId, {
      ...hold,
      untilMs: performance.now() + this.settledMs + hold.leaseMs,
    });
    if (this.#holds.size > MOST) this.#holds.delete(this.#holds.keys().next().value!);
    this.#tryAfter(this.settledMs + FIRST_PAUSE_MS, FIRST_PAUSE_MS);
  }

  #tryAfter(ms: number, pauseMs: number): void {
    if (!this.#timer) this.#timer = setTimeout(() => void this.#try(pauseMs), ms).unref();
  }

  async #try(pauseMs: number): Promise<void> {
    const isAnswering = await this.#cancelAll();
    this.#timer = undefined;
    if (this.#holds.size === 0) return;
    const nextMs = isAnswering ? FIRST_PAUSE_MS : Math.min(MOST_PAUSE_MS, pauseMs * 2);
    this.#tryAfter(nextMs, nextMs);
  }

  /** False at the first that Redis does not answer. */
  async #cancelAll(): Promise<boolean> {
    for (const hold of [...this.#holds.values()]) {
      try {
        if (performance.now() < hold.untilMs) await this.cancel(hold);
      } catch {
        return false;
      }
      this.#holds.delete(hold.operationId);
    }
    return true;
  }
}
