import { ownConnection, type RedisClient } from 'fairshare/redis';
import type { QueueShard } from '../store/queue-shard.js';

/** Short, so that a connection that died silently is soon found out. */
const BLOCK_SECONDS = 1;

/**
 * Takes the hints that the scripts leave for idle workers, over a connection of its own, from start() until stop().
 * Each hint wakes one worker, so many idle workers cost next to nothing.
 */
export class WakeListener {
  private connection: RedisClient | undefined;
  private stopped = false;

  constructor(
    private readonly shard: QueueShard,
    /** Resolves once this worker could take a job: a busy one leaves the hints to others. */
    private readonly whenIdle: () => Promise<void>,
    private readonly onHint: () => Promise<void>,
  ) {}

  start(): void {
    void this.listen();
  }

  stop(): void {
    this.stopped = true;
    this.connection?.disconnect();
  }

  private async listen(): Promise<void> {
    const connection = ownConnection(this.shard.redis);
    this.connection = connection;
    connection.on('error', () => undefined);
    while (!this.stopped) {
      await this.whenIdle();
      if (this.stopped) return;
      try {
        if ((await connection.blpop(this.shard.keys.wake, BLOCK_SECONDS)) !== null) await this.onHint();
      } catch {
        await pause(100);
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
