import { LRUCache } from 'lru-cache';
import { KeptReading } from 'fairshare/quota';
import type { RedisSignals } from '../signals/redis-signals.js';

/**
 * Longest that a key is believed without asking PostgreSQL, in ms: the longest a revocation whose push is lost takes. While
 * PostgreSQL is away a key is believed as long as limits are (`MAX_STALE_MS`).
 */
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
  private readonly known = new LRUCache<string, KeptReading<Owner | undefined>>({ max: REMEMBERED_KEYS });
  /** Keys that are looked up for the first time just now: once for all who ask. */
  private readonly asked = new Map<string, KeptReading<Owner | undefined>>();
  /** Apart from the right ones, so that guesses push none of those out. */
  private readonly wrong: LRUCache<string, true>;
  private readonly trusted: LRUCache<string, true>;
  private stopListening: () => void = () => undefined;
  private readonly believedMs: number;
  private revocations = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly signals: RedisSignals,
    private readonly channel: string,
    /** Reads the owner of a key that is not revoked. */
    private readonly read: (hash: string) => Promise<Owner | undefined>,
    /** Milliseconds that never go back. */
    private readonly clock: { now(): number } = performance,
    /** How long a key is believed without asking PostgreSQL, in ms; at most a minute. */
    believedMs = BELIEVED_MS,
  ) {
    this.believedMs = Math.min(believedMs, BELIEVED_MS);
    const remember = (ttl: number) =>
      new LRUCache<string, true>({ max: REMEMBERED_KEYS, ttl, ttlResolution: 0, perf: clock });
    this.wrong = remember(WRONG_MS);
    this.trusted = remember(TRUSTED_MS);
  }

  listen(): void {
    this.stopListening = this.signals.listen(this.channel, (message) => {
      if (message === undefined) this.doubtAll();
      else if (message.startsWith(MADE)) this.trust(message.slice(MADE.length));
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
    const kept = this.known.get(hash);
    const owner = kept ? await kept.get() : await this.ask(hash, beforeReading);
    if (kept && !owner && this.known.get(hash) === kept) {
      this.known.delete(hash);
      this.distrust(hash);
    }
    return owner && (!owner.expiresAt || owner.expiresAt > new Date()) ? owner : undefined;
  }

  /** Whether the owner of a key is at hand, so that `find` waits for nothing. */
  has(hash: string): boolean {
    return this.known.get(hash)?.isFresh ?? false;
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

  private async ask(hash: string, beforeReading: () => void): Promise<Owner | undefined> {
    if (this.wrong.has(hash)) return undefined;
    if (!this.trusted.has(hash)) beforeReading();
    const { revocations } = this;
    const reading = this.asked.get(hash) ?? this.readingOf(hash);
    this.asked.set(hash, reading);
    try {
      const owner = await reading.get();
      if (!owner) this.distrust(hash);
      else this.trusted.set(hash, true);
      // Read before a revocation that was heard meanwhile: it may be of this key, so it is not kept.
      if (owner && revocations === this.revocations) this.known.set(hash, reading);
      return owner;
    } finally {
      if (this.asked.get(hash) === reading) this.asked.delete(hash);
    }
  }

  private readingOf(hash: string): KeptReading<Owner | undefined> {
    return new KeptReading(
      () => this.read(hash),
      { ttlMs: this.believedMs },
      () => this.clock.now(),
    );
  }

  private trust(hash: string): void {
    this.wrong.delete(hash);
    this.trusted.set(hash, true);
  }

  private distrust(hash: string): void {
    this.trusted.delete(hash);
    this.wrong.set(hash, true);
  }

  /** Something may have been told that was not heard: each key is looked up again, where PostgreSQL answers. */
  private doubtAll(): void {
    for (const reading of this.known.values()) reading.invalidate();
    for (const listener of this.listeners) listener();
  }

  private forgetHere(): void {
    this.revocations += 1;
    this.known.clear();
    this.asked.clear();
    for (const listener of this.listeners) listener();
  }
}
