import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LookupPrisma } from 'fairshare/prisma';
import { Environment } from '../config/environment.js';
import { type KeyOwner, RememberedKeys } from '../identity/remembered-keys.js';
import { hashOfKey } from '../identity/secret-key.js';
import { adminKeysChannel } from '../signals/channels.js';
import { RedisSignals } from '../signals/redis-signals.js';
import type { AdminRole } from './admin-role.js';

export interface AdminIdentity {
  readonly name: string;
  readonly role: AdminRole;
}

export const ROOT_NAME = 'root';

/** Whose an admin key is: ADMIN_API_KEY (root, administer), or one of the table admin_keys. */
@Injectable()
export class AdminKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rootHash: Buffer;
  private readonly keys: RememberedKeys<AdminIdentity & KeyOwner>;

  constructor(@Inject(Environment) environment: Environment, prisma: LookupPrisma, signals: RedisSignals) {
    this.rootHash = Buffer.from(hashOfKey(environment.ADMIN_API_KEY));
    const read = async (hash: string) => {
      const row = await prisma.adminKey.findUnique({ where: { hash } });
      return row && !row.revokedAt ? { name: row.name, role: row.role, expiresAt: row.expiresAt } : undefined;
    };
    const ttlMs = environment.QUOTA_CACHE_TTL_MS;
    this.keys = new RememberedKeys(
      signals,
      adminKeysChannel(environment.REDIS_KEY_PREFIX),
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
  async find(key: string, beforeReading?: () => void): Promise<AdminIdentity | undefined> {
    const hash = hashOfKey(key);
    if (timingSafeEqual(Buffer.from(hash), this.rootHash)) return { name: ROOT_NAME, role: 'administer' };
    // Looked up by its hash: what differs in time tells nothing of a key.
    return this.keys.find(hash, beforeReading);
  }

  /** After a key was made. */
  made(hash: string): Promise<boolean> {
    return this.keys.made(hash);
  }

  /** After a key was revoked. */
  revoked(): Promise<boolean> {
    return this.keys.forget();
  }
}
