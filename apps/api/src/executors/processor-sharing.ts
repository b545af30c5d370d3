interface Work {
  /** Virtual time at which this work is done. */
  readonly doneAt: number;
  readonly finish: () => void;
}

/**
 * A server that runs up to `capacity` works at full speed and, beyond it, all of them equally slower
 * (egalitarian processor sharing, Kleinrock 1967). Time passes on the virtual clock at rate min(1, capacity / works).
 */
export class ProcessorSharing {
  private readonly works = new Set<Work>();
  private virtualMs = 0;
  private readAtMs = performance.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly capacity: number) {}

  /** Resolves when `workMs` of service have been given, or the signal aborts; with the share that was given, 0 to 1. */
  serve(workMs: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(0);
      this.advance();
      const work: Work = {
        doneAt: this.virtualMs + workMs,
        finish: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(1);
        },
      };
      const onAbort = () => {
        this.advance();
        this.works.delete(work);
        this.arm();
        const leftMs = Math.max(0, work.doneAt - this.virtualMs);
        resolve(workMs > 0 ? Math.max(0, 1 - leftMs / workMs) : 1);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.works.add(work);
      this.arm();
    });
  }

  private get speed(): number {
    return Math.min(1, this.capacity / Math.max(1, this.works.size));
  }

  private advance(): void {
    const nowMs = performance.now();
    this.virtualMs += (nowMs - this.readAtMs) * this.speed;
    this.readAtMs = nowMs;
  }

  /** One timer, for the work that is done first. */
  private arm(): void {
    clearTimeout(this.timer);
    if (this.works.size === 0) return;
    const next = Math.min(...[...this.works].map((work) => work.doneAt));
    this.timer = setTimeout(() => this.finishDue(), Math.max(0, (next - this.virtualMs) / this.speed));
  }

  private finishDue(): void {
    this.advance();
    const roundingMs = 0.5;
    for (const work of this.works) {
      if (work.doneAt > this.virtualMs + roundingMs) continue;
      this.works.delete(work);
      work.finish();
    }
    this.arm();
  }
}
