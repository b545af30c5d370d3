import { LRUCache } from 'lru-cache';
import type { RedisSignals } from '../signals/redis-signals.js';

/** How long a key is believed without asking PostgreSQL, in ms: the longest a revocation whose push is lost takes. */
const BELIEVED_MS = 60_000;
const REMEMBERED_KEYS = 10_000;
/** How long a key that was in force, or has been made, may be looked up by an address that guesses keys, in ms. */
const TRUSTED_MS = 86_400_000;
/** How long a key is known to be wrong, in ms: it is not looked up meanwhile, whoever sends it. */
const WRONG_MS = 5_000;
const MADE = 'made ';

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
  /** Apart from the right ones, so that guesses push none of those out. */
  private readonly wrong: LRUCache<string, true>;
  private readonly trusted: LRUCache<string, true>;
  private stopListening: () => void = () => undefined;
  private revocations = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly signals: RedisSignals,
    private readonly channel: string,
    /** Reads the owner of a key that is not revoked. */
    private readonly read: (hash: string) => Promise<Owner | undefined>,
    /** Milliseconds that never go back. */
    clock: { now(): number } = performance,
  ) {
    const remember = <Value extends object | boolean>(ttl: number) =>
      new LRUCache<string, Value>({ max: REMEMBERED_KEYS, ttl, ttlResolution: 0, perf: clock });
    this.known = remember<Owner>(BELIEVED_MS);
    this.wrong = remember<true>(WRONG_MS);
    this.trusted = remember<true>(TRUSTED_MS);
  }

  listen(): void {
    this.stopListening = this.signals.listen(this.channel, (message) => {
      if (message?.startsWith(MADE)) this.trust(message.slice(MADE.length));
      else this.forgetHere();
    });
  }

  close(): void {
    this.stopListening();
  }

  /**
   * undefined for a key that is unknown, revoked or over. `beforeReading` may throw instead of letting PostgreSQL be asked
   * for a key that nobody has seen in force.
   */
  async find(hash: string, beforeReading: () => void = () => undefined): Promise<Owner | undefined> {
    let owner = this.known.get(hash);
    if (!owner) {
      if (this.wrong.has(hash)) return undefined;
      if (!this.trusted.has(hash)) beforeReading();
      const revocations = this.revocations;
      owner = await this.read(hash);
      if (owner) this.trusted.set(hash, true);
      else this.distrust(hash);
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

  /** A key was made: it is looked up on every node (false: on this one), whoever guesses keys beside it. */
  made(hash: string): Promise<boolean> {
    this.trust(hash);
    return this.signals.tell(this.channel, MADE + hash);
  }

  /** Runs after this node has forgotten the keys: one of them may be revoked. Returns what ends it. */
  onForgotten(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private trust(hash: string): void {
    this.wrong.delete(hash);
    this.trusted.set(hash, true);
  }

  private distrust(hash: string): void {
    this.trusted.delete(hash);
    this.wrong.set(hash, true);
  }

  private forgetHere(): void {
    this.revocations += 1;
    this.known.clear();
    for (const listener of this.listeners) listener();
  }
}
