import { LRUCache } from 'lru-cache';
import type { RedisSignals } from '../signals/redis-signals.js';

/** How long a key is believed without asking PostgreSQL, in ms: the longest a revocation whose push is lost takes. */
const BELIEVED_MS = 60_000;
const REMEMBERED_KEYS = 10_000;

/** Whose a key is, as far as it can end by itself. */
export interface KeyOwner {
  readonly expiresAt: Date | null;
}

/**
 * The keys seen lately, by their hash, so that a request does not ask PostgreSQL each time. All are forgotten on every
 * node when one is revoked. Only keys in force are remembered: a new key works at once.
 */
export class RememberedKeys<Owner extends KeyOwner> {
  private readonly known: LRUCache<string, Owner>;
  private stopListening: () => void = () => undefined;
  private revocations = 0;

  constructor(
    private readonly signals: RedisSignals,
    private readonly channel: string,
    /** Reads the owner of a key that is not revoked. */
    private readonly read: (hash: string) => Promise<Owner | undefined>,
    /** Milliseconds that never go back. */
    clock: { now(): number } = performance,
  ) {
    this.known = new LRUCache({ max: REMEMBERED_KEYS, ttl: BELIEVED_MS, ttlResolution: 0, perf: clock });
  }

  listen(): void {
    this.stopListening = this.signals.listen(this.channel, () => this.forgetHere());
  }

  close(): void {
    this.stopListening();
  }

  /** undefined for a key that is unknown, revoked or over. */
  async find(hash: string): Promise<Owner | undefined> {
    let owner = this.known.get(hash);
    if (!owner) {
      const revocations = this.revocations;
      owner = await this.read(hash);
      // Read before a revocation that was heard meanwhile: it may be of this key, so it is not kept.
      if (owner && revocations === this.revocations) this.known.set(hash, owner);
    }
    return owner && (!owner.expiresAt || owner.expiresAt > new Date()) ? owner : undefined;
  }

  /** Forgets all of them, here and on every other node (false: there within a minute); call it once a revocation is committed. */
  async forget(): Promise<boolean> {
    this.forgetHere();
    return this.signals.tell(this.channel, '');
  }

  private forgetHere(): void {
    this.revocations += 1;
    this.known.clear();
  }
}
