/** Redis time as far as this node knows it: nodes' clocks disagree, and overrides begin and end by Redis time. */
export class RedisClock {
  #offsetMs = 0;

  constructor(private readonly localNow: () => number = Date.now) {}

  /** Learns from a reply. */
  observe(redisNowMs: number): void {
    this.#offsetMs = redisNowMs - this.localNow();
  }

  now(): number {
    return this.localNow() + this.#offsetMs;
  }
}
