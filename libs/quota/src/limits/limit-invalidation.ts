import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { ownConnection, type RedisClient } from 'fairshare/redis';
import type { QuotaKeys } from '../counters/keys.js';
import { QuotaUnavailableError } from '../quota.errors.js';
import { parseTenantId, type TenantId } from '../tenant-id.js';
import type { LimitCache } from './limit-cache.js';

/** Which limits changed: one tenant's, or anybody's. */
export type InvalidatedScope = TenantId | 'all';

// `all` could be a tenant's name: the message tells them apart by its first character.
const ALL = '*';

/**
 * Tells every node that limits changed. A hint by Redis pub/sub: what is lost while a node is disconnected is made good
 * by forgetting everything on reconnection, and at worst by the cache's TTL. Listens until the application stops.
 */
export class LimitInvalidation implements OnModuleInit, OnApplicationShutdown {
  readonly #listeners = new Set<(scope: InvalidatedScope) => void>();
  #subscriber: RedisClient | undefined;
  #isFirst = true;

  constructor(
    private readonly redis: RedisClient,
    private readonly cache: LimitCache,
    private readonly keys: QuotaKeys,
  ) {}

  /** Listens on a connection of its own; Redis being away does not stop the boot. */
  onModuleInit(): void {
    const subscriber = ownConnection(this.redis);
    this.#subscriber = subscriber;
    subscriber.on('error', () => undefined);
    subscriber.on('message', (_channel: string, message: string) => this.#receive(message));
    // Subscribing anew with each connection, by hand: the moment it is done is the moment hints arrive again.
    subscriber.on('ready', () => {
      subscriber.subscribe(this.keys.invalidationChannel).then(
        () => this.#subscribed(),
        () => undefined,
      );
    });
    if (subscriber.status === 'wait') subscriber.connect().catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.#subscriber?.disconnect();
    this.#listeners.clear();
  }

  /** Call it after the change is committed. Forgets on this node at once, and rejects where Redis did not take the hint. */
  async publish(scope: InvalidatedScope): Promise<void> {
    this.#apply(scope);
    try {
      await this.redis.publish(this.keys.invalidationChannel, scope === 'all' ? ALL : `=${scope}`);
    } catch (error) {
      throw new QuotaUnavailableError('redis', 1_000, { cause: error });
    }
  }

  /** Runs after this node has forgotten the limits, also on reconnection (`all`). Returns what ends it. */
  onInvalidated(listener: (scope: InvalidatedScope) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #subscribed(): void {
    if (!this.#isFirst) this.#apply('all');
    this.#isFirst = false;
  }

  #receive(message: string): void {
    if (message === ALL) return this.#apply('all');
    try {
      this.#apply(parseTenantId(message.slice(1)));
    } catch {
      // Whoever wrote that into our channel changed something: forgetting too much is safe.
      this.#apply('all');
    }
  }

  #apply(scope: InvalidatedScope): void {
    this.cache.invalidate(scope === 'all' ? undefined : scope);
    for (const listener of this.#listeners) listener(scope);
  }
}
