import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ownConnection, RedisConnection } from 'fairshare/redis';

/** undefined: anything may have been told meanwhile; look for yourself. */
export type SignalListener = (message: string | undefined) => void;

/**
 * Tells and hears, across all nodes, that something happened. A connection of its own opens with the first listener
 * and subscribes to what is listened to now. Signals are hints: whoever listens also looks from time to time.
 */
@Injectable()
export class RedisSignals implements OnModuleDestroy {
  private readonly logger = new Logger('RedisSignals');
  private readonly listeners = new Map<string, Set<SignalListener>>();
  private subscriber: RedisConnection | undefined;
  private closed = false;

  constructor(@Inject(RedisConnection) private readonly redis: RedisConnection) {}

  /** Never rejects: a hint that is lost, which is told by false, is made good by those who wait for it. */
  async tell(channel: string, message: string): Promise<boolean> {
    try {
      await this.redis.publish(channel, message);
      return true;
    } catch (error) {
      this.logger.warn(`A signal was not sent: ${String(error)}`);
      return false;
    }
  }

  /** Calls the listener once with undefined as soon as nothing can be missed. Returns what ends the listening. Nobody is called once the application stops. */
  listen(channel: string, listener: SignalListener): () => void {
    if (this.closed) return () => undefined;
    const known = this.listeners.get(channel);
    const listening = known ?? new Set();
    listening.add(listener);
    this.listeners.set(channel, listening);
    this.subscriber ??= this.connect();
    // A repeated SUBSCRIBE is free, and its answer says that the first one is in force.
    this.subscriber.subscribe(channel).then(
      () => listening.has(listener) && listener(undefined),
      () => undefined, // The next connection subscribes again.
    );
    return () => this.leave(channel, listener);
  }

  onModuleDestroy(): void {
    this.closed = true;
    this.listeners.clear();
    this.subscriber?.disconnect();
  }

  private leave(channel: string, listener: SignalListener): void {
    const listening = this.listeners.get(channel);
    listening?.delete(listener);
    if (!listening || listening.size > 0) return;
    this.listeners.delete(channel);
    this.subscriber?.unsubscribe(channel).catch(() => undefined);
  }

  private connect(): RedisConnection {
    const subscriber = ownConnection(this.redis);
    let isFirst = true;
    subscriber.on('error', () => undefined);
    subscriber.on('message', (channel: string, message: string) => {
      for (const listener of this.listeners.get(channel) ?? []) listener(message);
    });
    subscriber.on('ready', () => {
      if (!isFirst) this.resubscribe(subscriber);
      isFirst = false;
    });
    return subscriber;
  }

  /** Hints were lost while the connection was: everybody looks. */
  private resubscribe(subscriber: RedisConnection): void {
    if (this.listeners.size === 0) return;
    subscriber.subscribe(...this.listeners.keys()).then(
      () => {
        for (const listening of this.listeners.values())
          for (const listener of listening) listener(undefined);
      },
      () => undefined,
    );
  }
}
