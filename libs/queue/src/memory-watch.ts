import { randomUUID } from 'node:crypto';
import type { RedisClient } from 'fairshare/redis';
import { markerKey } from './store/keys.js';
import type { QueueShard } from './store/queue-shard.js';

type Listener = () => void | Promise<void>;

const LOOK_EVERY_MS = 400;
const REFILL_MS = 30_000;

/**
 * Looks every 400 ms whether each shard's marker is still there, while anyone listens. Where it is missing Redis lost its
 * memory (or never had any): the listeners refill it, and only then the marker is set, so that a process that dies on
 * the way leaves the work to another. Refilling twice must be harmless.
 */
export class MemoryWatch {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(
    private readonly redis: RedisClient,
    private readonly shards: readonly QueueShard[],
  ) {}

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    void this.look();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.listeners.clear();
  }

  /** Looks once, now. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      for (const shard of this.shards) await this.lookAt(markerKey(shard.address));
    } catch {
      // Redis is away, or a listener failed: the next look tries again.
    } finally {
      this.looking = false;
    }
  }

  private async lookAt(marker: string): Promise<void> {
    if ((await this.redis.get(marker)) !== null) return;
    const refill = `refilling:${randomUUID()}`;
    if ((await this.redis.set(marker, refill, 'PX', REFILL_MS, 'NX')) === null) return;
    try {
      await Promise.all([...this.listeners].map(async (listener) => listener()));
    } catch (error) {
      await this.redis.del(marker);
      throw error;
    }
    // Lost again while it was refilled: the marker is gone, and the next look refills once more.
    if ((await this.redis.get(marker)) === refill)
      await this.redis.set(marker, `filled:${randomUUID()}`, 'XX');
  }
}
