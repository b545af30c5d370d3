import { within } from 'fairshare/redis';

/** Longest that a reading is served while its source is away, in ms: of keys, model weights and limits alike. */
export const MAX_STALE_MS = 600_000;
/** A source that is slow holds up an answer by this much, in ms, where an older reading is at hand. */
export const PATIENCE_MS = 50;

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

export interface KeptReadingOptions {
  /** How long a reading is served without asking the source, in ms. Default 60_000. */
  readonly ttlMs?: number;
  /** How long an answer waits for the source after `invalidate`, in ms, where an older reading is at hand. Default 125. */
  readonly changedPatienceMs?: number;
}

/** How long a source is left in peace after so many failures in a row, in ms; `firstMs` after the first. */
export function pauseAfter(failures: number, firstMs = FIRST_PAUSE_MS): number {
  return Math.min(firstMs * 2 ** (failures - 1), Math.max(firstMs, LONGEST_PAUSE_MS));
}

/**
 * What a source said last, for as long as it may be believed. Fresh: served. Older: served too, while one reading runs
 * beside the answers, after growing pauses where it fails. Older than `MAX_STALE_MS`, or never read: an answer waits for
 * the source and rejects as it does, at once during such a pause.
 */
export class KeptReading<Value> {
  #kept: { readonly value: Value; readonly readAtMs: number } | undefined;
  #freshUntilMs = -Infinity;
  #isChanged = false;
  #failures = 0;
  /** Why there is nothing to serve; the source is not asked again before its pause is over. */
  #error: Error | undefined;
  #flight: Promise<Value> | undefined;
  /** Counts the invalidations. */
  #version = 0;
  readonly #ttlMs: number;
  readonly #changedPatienceMs: number;

  constructor(
    private readonly read: () => Promise<Value>,
    { ttlMs = 60_000, changedPatienceMs = 125 }: KeptReadingOptions = {},
    /** In ms, never goes back. */
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    this.#ttlMs = ttlMs;
    this.#changedPatienceMs = changedPatienceMs;
  }

  /** The last reading, however old. */
  get last(): Value | undefined {
    return this.#kept?.value;
  }

  /** The source must not be asked now, and what it said may be served. */
  get isFresh(): boolean {
    return this.monotonic() < this.#freshUntilMs && this.#isUsable();
  }

  async get(): Promise<Value> {
    if (this.isFresh) return this.#kept!.value;
    if (!this.#isUsable()) {
      if (this.#error && this.monotonic() < this.#freshUntilMs) throw this.#error;
      return this.#ask();
    }
    const answer = this.#ask();
    const patienceMs = this.#isChanged ? this.#changedPatienceMs : PATIENCE_MS;
    try {
      return await within(answer, patienceMs, () => new Error('The source is slow'));
    } catch {
      // The next answers do not wait while it is away.
      this.#pause(Math.max(1, this.#failures));
      return this.#kept!.value;
    }
  }

  /** What is kept may be out of date: the next answer waits for the source, unless it is away. */
  invalidate(): void {
    this.#version += 1;
    this.#freshUntilMs = -Infinity;
    this.#error = undefined;
    this.#isChanged = true;
    this.#flight = undefined;
  }

  #isUsable(): boolean {
    return this.#kept !== undefined && this.monotonic() - this.#kept.readAtMs < MAX_STALE_MS;
  }

  #ask(): Promise<Value> {
    if (this.#flight) return this.#flight;
    const flight = this.#read().finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
    flight.catch(() => undefined);
    return (this.#flight = flight);
  }

  // Fresh from the moment the reading began: a change after that is not in it.
  async #read(): Promise<Value> {
    const readAtMs = this.monotonic();
    const version = this.#version;
    try {
      const value = await this.read();
      // Begun before a change that was told meanwhile: what is read after it must stay.
      if (version !== this.#version) return this.isFresh ? this.#kept!.value : this.#ask();
      this.#kept = { value, readAtMs };
      this.#freshUntilMs = readAtMs + this.#ttlMs;
      this.#isChanged = false;
      this.#failures = 0;
      this.#error = undefined;
      return value;
    } catch (error) {
      this.#failures += 1;
      if (version === this.#version) {
        this.#error = error instanceof Error ? error : new Error(String(error));
        this.#pause(this.#failures);
      }
      throw error;
    }
  }

  #pause(failures: number): void {
    const pauseMs = this.#ttlMs === 0 ? 0 : pauseAfter(failures);
    this.#freshUntilMs = Math.max(this.#freshUntilMs, this.monotonic() + pauseMs);
  }
}
