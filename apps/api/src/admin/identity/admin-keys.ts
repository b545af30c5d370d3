import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { LRUCache } from 'lru-cache';
import { Environment } from '../../config/environment.js';
import { adminKeysChannel } from '../../signals/channels.js';
import { RedisSignals } from '../../signals/redis-signals.js';
import type { AdminRole } from './admin-role.js';
import { hashOfKey } from './secret-key.js';

export interface AdminIdentity {
  readonly name: string;
  readonly role: AdminRole;
}

interface KnownKey extends AdminIdentity {
  readonly expiresAt: Date | null;
}

export const ROOT_NAME = 'root';
/** How long a key is believed without asking PostgreSQL, in ms: the longest a revocation whose push is lost takes. */
const BELIEVED_MS = 60_000;
const REMEMBERED_KEYS = 1_000;

/** Whose an admin key is: ADMIN_API_KEY (root, administer), or one of the table admin_keys. */
@Injectable()
export class AdminKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rootHash: Buffer;
  private readonly known = new LRUCache<string, KnownKey>({ max: REMEMBERED_KEYS, ttl: BELIEVED_MS });
  private stopListening: () => void = () => undefined;

  constructor(
    @Inject(Environment) private readonly environment: Environment,
    private readonly prisma: PrismaService,
    private readonly signals: RedisSignals,
  ) {
    this.rootHash = Buffer.from(hashOfKey(environment.ADMIN_API_KEY));
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.signals.listen(this.channel, () => this.known.clear());
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  /** undefined for a key that is unknown, revoked or over. */
  async find(key: string): Promise<AdminIdentity | undefined> {
    const hash = hashOfKey(key);
    if (timingSafeEqual(Buffer.from(hash), this.rootHash)) return { name: ROOT_NAME, role: 'administer' };
    const known = this.known.get(hash) ?? (await this.read(hash));
    if (!known || (known.expiresAt && known.expiresAt <= new Date())) return undefined;
    return { name: known.name, role: known.role };
  }

  /** Forgets what is believed, here and on every other node, after the keys have changed. */
  async changed(): Promise<void> {
    this.known.clear();
    await this.signals.tell(this.channel, '');
  }

  private get channel(): string {
    return adminKeysChannel(this.environment.REDIS_KEY_PREFIX);
  }

  // Looked up by its hash: what differs in time tells nothing of a key.
  private async read(hash: string): Promise<KnownKey | undefined> {
    const row = await this.prisma.adminKey.findUnique({ where: { hash } });
    if (!row || row.revokedAt) return undefined;
    const { name, role, expiresAt } = row;
    this.known.set(hash, { name, role, expiresAt });
    return { name, role, expiresAt };
  }
}
