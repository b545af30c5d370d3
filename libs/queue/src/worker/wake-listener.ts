import { ownConnection } from 'fairshare/redis';
import type { Cluster, Redis } from 'ioredis';
import type { QueueShard } from '../store/queue-shard.js';

const BLOCK_SECONDS = 5;
const PATIENCE_MS = (BLOCK_SECONDS + 2) * 1000;

/**
 * Takes the hints that the scripts leave for idle workers, over a connection of its own, from start() until stop().
 * Each hint wakes one worker, so many idle workers cost next to nothing.
 */
export class WakeListener {
  private connection: Redis | Cluster | undefined;
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
        if (await this.nextHint(connection)) await this.onHint();
      } catch {
        await pause(100);
      }
    }
  }

  /** A connection that neither answers nor fails is closed, and opened again. */
  private async nextHint(connection: Redis | Cluster): Promise<boolean> {
    const timer = setTimeout(() => this.stopped || reconnect(connection), PATIENCE_MS).unref();
    try {
      return (await connection.blpop(this.shard.keys.wake, BLOCK_SECONDS)) !== null;
    } finally {
      clearTimeout(timer);
    }
  }
}

function reconnect(connection: Redis | Cluster): void {
  if ('nodes' in connection) for (const node of connection.nodes()) node.disconnect(true);
  else connection.disconnect(true);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
