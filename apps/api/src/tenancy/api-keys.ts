import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LookupPrisma } from 'fairshare/prisma';
import { Environment } from '../config/environment.js';
import { type KeyOwner, RememberedKeys } from '../identity/remembered-keys.js';
import { hashOfKey } from '../identity/secret-key.js';
import { apiKeysChannel } from '../signals/channels.js';
import { RedisSignals } from '../signals/redis-signals.js';

/** How a tenant's API key begins. */
export const API_KEY_KIND = 'fsk';

export interface ApiKeyOwner extends KeyOwner {
  readonly tenantId: string;
  readonly scopes: string[];
}

/** Whose an API key is. */
@Injectable()
export class ApiKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly keys: RememberedKeys<ApiKeyOwner>;

  constructor(@Inject(Environment) environment: Environment, prisma: LookupPrisma, signals: RedisSignals) {
    const read = async (hash: string) => {
      const row = await prisma.apiKey.findUnique({ where: { hash } });
      if (!row || row.revokedAt) return undefined;
      return { tenantId: row.tenantId, scopes: row.scopes, expiresAt: row.expiresAt };
    };
    const ttlMs = environment.QUOTA_CACHE_TTL_MS;
    this.keys = new RememberedKeys(
      signals,
      apiKeysChannel(environment.REDIS_KEY_PREFIX),
      read,
      performance,
      ttlMs,
    );
  }

  onApplicationBootstrap(): void {
    this.keys.listen();
  }

  onApplicationShutdown(): void {
    this.keys.close();
  }

  /** undefined for a key that is unknown, revoked or over. */
  ownerOf(key: string, beforeReading?: () => void): Promise<ApiKeyOwner | undefined> {
    return this.keys.find(hashOfKey(key), beforeReading);
  }

  /** Whether the owner of a key is at hand, so that `ownerOf` waits for nothing. */
  has(key: string): boolean {
    return this.keys.has(hashOfKey(key));
  }

  /** After a key was made. */
  made(hash: string): Promise<boolean> {
    return this.keys.made(hash);
  }

  /** Runs on every node once a key may be revoked. Returns what ends it. */
  onRevoked(listener: () => void): () => void {
    return this.keys.onForgotten(listener);
  }

  /** After a key was revoked, or a tenant deleted. */
  revoked(): Promise<boolean> {
    return this.keys.forget();
  }
}
