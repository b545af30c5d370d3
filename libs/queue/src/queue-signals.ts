import { ownConnection, type RedisClient } from 'fairshare/redis';
import type { QueueShard } from './store/queue-shard.js';

type Listener = (jobId: string) => void;

/**
 * Hears the ids of cancelled or of ended jobs from all processes, over a connection of its own that opens with the first
 * listener. Signals are hints: they are lost while disconnected, so whoever listens also looks from time to time.
 */
export class QueueSignals {
  private readonly cancelListeners = new Set<Listener>();
  private readonly endListeners = new Set<Listener>();
  private readonly channels = new Set<string>();
  private connection: RedisClient | undefined;
  private closed = false;

  constructor(
    private readonly redis: RedisClient,
    private readonly shards: readonly QueueShard[],
  ) {}

  onCancel(listener: Listener): () => void {
    this.subscribe(this.shards.map(({ cancels }) => cancels));
    this.cancelListeners.add(listener);
    return () => void this.cancelListeners.delete(listener);
  }

  onEnd(listener: Listener): () => void {
    this.subscribe(this.shards.map(({ ends }) => ends));
    this.endListeners.add(listener);
    return () => void this.endListeners.delete(listener);
  }

  /** For good: who listens afterwards hears nothing. */
  close(): void {
    this.closed = true;
    this.cancelListeners.clear();
    this.endListeners.clear();
    this.channels.clear();
    this.connection?.disconnect();
    this.connection = undefined;
  }

  private subscribe(channels: readonly string[]): void {
    const added = channels.filter((channel) => !this.channels.has(channel));
    if (this.closed || added.length === 0) return;
    for (const channel of added) this.channels.add(channel);
    this.connection ??= this.connect();
    this.connection.subscribe(...added).catch(() => {
      for (const channel of added) this.channels.delete(channel);
    });
  }

  private connect(): RedisClient {
    const connection = ownConnection(this.redis);
    connection.on('error', () => undefined);
    connection.on('message', (channel: string, message: string) => {
      if (channel.endsWith(':ends')) tell(this.endListeners, readEnds(message));
      else tell(this.cancelListeners, [message]);
    });
    return connection;
  }
}

/** The ids of `["s<id>", …]`: each with the letter of its state before it. */
function readEnds(message: string): string[] {
  return (JSON.parse(message) as string[]).map((ended) => ended.slice(1));
}

function tell(listeners: ReadonlySet<Listener>, jobIds: readonly string[]): void {
  for (const jobId of jobIds) for (const listener of listeners) listener(jobId);
}
