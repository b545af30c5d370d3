import { Cluster } from 'ioredis';
import type { RedisClient } from 'fairshare/redis';
import type { QueueShard } from './store/queue-shard.js';

export type Signal =
  { readonly what: 'cancelled'; readonly jobId: string } | { readonly what: 'ended'; readonly jobId: string };

/**
 * Hears of cancels and ends from all processes, over a connection of its own that opens with the first listener.
 * Signals are hints: they are lost while disconnected, so whoever listens also looks from time to time.
 */
export class QueueSignals {
  private readonly listeners = new Set<(signal: Signal) => void>();
  private connection: RedisClient | undefined;

  constructor(
    private readonly redis: RedisClient,
    private readonly shards: readonly QueueShard[],
  ) {}

  listen(listener: (signal: Signal) => void): () => void {
    this.listeners.add(listener);
    this.connection ??= this.connect();
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.listeners.clear();
    this.connection?.disconnect();
    this.connection = undefined;
  }

  private connect(): RedisClient {
    const connection = ownConnection(this.redis);
    connection.on('error', () => undefined);
    connection.on('message', (_channel: string, message: string) => this.tell(message));
    connection.subscribe(...this.shards.map(({ channel }) => channel)).catch(() => undefined);
    return connection;
  }

  private tell(message: string): void {
    const signal: Signal = message.startsWith('c')
      ? { what: 'cancelled', jobId: message.slice(1) }
      : { what: 'ended', jobId: message.slice(2) };
    for (const listener of this.listeners) listener(signal);
  }
}

/** A connection to the same server for what blocks or subscribes; it waits for the server as long as it takes. */
export function ownConnection(redis: RedisClient): RedisClient {
  const patient = { commandTimeout: undefined, maxRetriesPerRequest: null };
  const options = { enableOfflineQueue: true, enableAutoPipelining: false };
  if (redis instanceof Cluster) {
    return redis.duplicate([], {
      ...options,
      redisOptions: { ...redis.options.redisOptions, ...patient },
    });
  }
  return redis.duplicate({ ...options, ...patient });
}
