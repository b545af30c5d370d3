import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { Environment } from '../config/environment.js';
import { type KeyOwner, RememberedKeys } from '../identity/remembered-keys.js';
import { hashOfKey } from '../identity/secret-key.js';
import { apiKeysChannel } from '../signals/channels.js';
import { RedisSignals } from '../signals/redis-signals.js';

/** How a tenant's API key begins. */
export const API_KEY_KIND = 'fsk';

interface ApiKeyOwner extends KeyOwner {
  readonly tenantId: string;
}

/** Whose an API key is. */
@Injectable()
export class ApiKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly keys: RememberedKeys<ApiKeyOwner>;

  constructor(@Inject(Environment) environment: Environment, prisma: PrismaService, signals: RedisSignals) {
    this.keys = new RememberedKeys(signals, apiKeysChannel(environment.REDIS_KEY_PREFIX), async (hash) => {
      const row = await prisma.apiKey.findUnique({ where: { hash } });
      return row && !row.revokedAt ? { tenantId: row.tenantId, expiresAt: row.expiresAt } : undefined;
    });
  }

  onApplicationBootstrap(): void {
    this.keys.listen();
  }

  onApplicationShutdown(): void {
    this.keys.close();
  }

  /** The tenant's id; undefined for a key that is unknown, revoked or over. */
  async tenantOf(key: string): Promise<string | undefined> {
    return (await this.keys.find(hashOfKey(key)))?.tenantId;
  }

  /** After a key was revoked, or a tenant deleted. */
  revoked(): Promise<void> {
    return this.keys.forget();
  }
}
