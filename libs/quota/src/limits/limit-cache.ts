import { within } from 'fairshare/redis';
import { LRUCache } from 'lru-cache';
import { MAX_STALE_MS, type KeptReadingOptions, PATIENCE_MS, pauseAfter } from '../kept-reading.js';
import { QuotaError, QuotaUnavailableError, UnknownTenantError } from '../quota.errors.js';
import type { LimitCacheOptions } from '../quota.options.js';
import type { TenantLimits } from '../quota.types.js';
import { RedisClock } from '../redis-clock.js';
import type { TenantId } from '../tenant-id.js';
import type { LimitSource, TenantLimitsSnapshot } from './limit-source.js';
import { resolveLimits } from './resolve-limits.js';

interface Entry {
  /** undefined: no such tenant. */
  readonly snapshot: TenantLimitsSnapshot | undefined;
  limits: TenantLimits | undefined;
  readonly loadedAtMs: number;
  /** From here on a refresh runs beside the answers. */
  refreshAtMs: number;
  freshUntilMs: number;
  /** Known to be changed: an answer waits longer for the source. */
  isChanged: boolean;
  /** Readings that failed since it came. */
  failures: number;
}

interface Flight {
  readonly answer: Promise<Entry>;
  /** An invalidation came after it had begun: what it read may be old. */
  isOvertaken: boolean;
}

const MOST_STRANGERS = 1_000;

/**
 * Limits of tenants, from memory where they are fresh. One load at a time for a tenant; an older version never replaces a
 * newer one; while the source is away old limits serve, up to `maxStaleMs`.
 */
export class LimitCache {
  readonly #entries: LRUCache<TenantId, Entry>;
  /** Names without a tenant, apart: made-up names push no tenant out. */
  readonly #strangers: LRUCache<TenantId, Entry>;
  readonly #flights = new Map<TenantId, Flight>();
  readonly #options: Required<LimitCacheOptions & Pick<KeptReadingOptions, 'changedPatienceMs'>>;

  constructor(
    private readonly source: LimitSource,
    options: LimitCacheOptions & Pick<KeptReadingOptions, 'changedPatienceMs'> = {},
    private readonly clock: RedisClock = new RedisClock(),
    /** In ms, never goes back. */
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    this.#options = {
      ttlMs: 60_000,
      jitter: 0.1,
      negativeTtlMs: 5_000,
      maxStaleMs: MAX_STALE_MS,
      retryMs: 1_000,
      maxTenants: 10_000,
      changedPatienceMs: 125,
      ...withoutUndefined(options),
    };
    this.#entries = new LRUCache({ max: this.#options.maxTenants });
    this.#strangers = new LRUCache({ max: MOST_STRANGERS });
  }

  /** Throws UnknownTenantError, or QuotaUnavailableError (limits) where the source is away and nothing usable is kept. */
  async get(tenantId: TenantId): Promise<TenantLimits> {
    return this.peek(tenantId) ?? this.#resolve(await this.#fetch(tenantId), tenantId, this.clock.now());
  }

  /** The limits where memory has them fresh; throws UnknownTenantError where it knows that there is no such tenant. */
  peek(tenantId: TenantId): TenantLimits | undefined {
    const entry = this.#entries.get(tenantId) ?? this.#strangers.get(tenantId);
    if (!entry) return undefined;
    const at = this.monotonic();
    if (at >= entry.freshUntilMs) return undefined;
    if (at >= entry.refreshAtMs) this.#refreshAhead(tenantId, entry);
    return this.#resolve(entry, tenantId, this.clock.now());
  }

  /** The limits as they were or will be at an instant of Redis time; for a call that Redis found to be out of date. */
  async getAt(tenantId: TenantId, redisNowMs: number): Promise<TenantLimits> {
    return this.#resolve(await this.#fetch(tenantId), tenantId, redisNowMs);
  }

  /** Forgets one tenant, or all. What is kept serves only where the source is away. */
  invalidate(tenantId?: TenantId): void {
    const flights = tenantId === undefined ? this.#flights : pick(this.#flights, tenantId);
    for (const [id, flight] of flights) {
      flight.isOvertaken = true;
      this.#flights.delete(id);
    }
    const entries =
      tenantId === undefined
        ? [...this.#entries.values(), ...this.#strangers.values()]
        : [this.#entries.peek(tenantId), this.#strangers.peek(tenantId)];
    for (const entry of entries) {
      if (!entry) continue;
      entry.freshUntilMs = -Infinity;
      entry.isChanged = true;
    }
  }

  /** Tenants in memory. */
  get size(): number {
    return this.#entries.size + this.#strangers.size;
  }

  #resolve(entry: Entry, tenantId: TenantId, nowMs: number): TenantLimits {
    if (!entry.snapshot) throw new UnknownTenantError(tenantId);
    const { limits } = entry;
    if (limits && nowMs >= limits.validFromMs && nowMs < limits.validUntilMs) return limits;
    return (entry.limits = resolveLimits(entry.snapshot, nowMs));
  }

  async #fetch(tenantId: TenantId): Promise<Entry> {
    const kept = this.#entries.get(tenantId) ?? this.#strangers.get(tenantId);
    const at = this.monotonic();
    if (kept && at < kept.freshUntilMs) return kept;
    const isUsable = kept !== undefined && at - kept.loadedAtMs < this.#options.maxStaleMs;
    try {
      const flight = this.#load(tenantId);
      if (!isUsable) return await flight;
      const patienceMs = kept.isChanged ? this.#options.changedPatienceMs : PATIENCE_MS;
      return await within(flight, patienceMs, isSlow);
    } catch (error) {
      if (!isUsable) throw unavailable(error);
      // Ask the source again a little later, not with every call.
      this.#pause(kept);
      return kept;
    }
  }

  #pause(kept: Entry): void {
    const at = this.monotonic();
    if (at < kept.freshUntilMs) return; // somebody else who waited has said so
    kept.failures += 1;
    const againAtMs = at + pauseAfter(kept.failures, this.#options.retryMs);
    const staleAtMs = kept.loadedAtMs + this.#options.maxStaleMs;
    kept.freshUntilMs = kept.refreshAtMs = Math.min(againAtMs, staleAtMs);
  }

  #refreshAhead(tenantId: TenantId, entry: Entry): void {
    entry.refreshAtMs = this.monotonic() + this.#options.retryMs;
    this.#load(tenantId).catch(() => undefined);
  }

  #load(tenantId: TenantId): Promise<Entry> {
    const running = this.#flights.get(tenantId);
    if (running) return running.answer;
    // An entry counts from the moment its reading began: a change after that is not in it.
    const startedAtMs = this.monotonic();
    const flight: Flight = {
      isOvertaken: false,
      answer: Promise.resolve()
        .then(() => this.source.load(tenantId))
        .then((snapshot) => this.#keep(tenantId, snapshot, startedAtMs, flight))
        .finally(() => {
          if (this.#flights.get(tenantId) === flight) this.#flights.delete(tenantId);
        }),
    };
    this.#flights.set(tenantId, flight);
    return flight.answer;
  }

  #keep(
    tenantId: TenantId,
    snapshot: TenantLimitsSnapshot | undefined,
    startedAtMs: number,
    flight: Flight,
  ): Entry | Promise<Entry> {
    const kept = this.#entries.peek(tenantId) ?? this.#strangers.peek(tenantId);
    // Overtaken, or older than what is known (a lagging replica): it must not be kept.
    if (flight.isOvertaken) return this.#load(tenantId);
    const { ttlMs, negativeTtlMs, jitter, retryMs } = this.#options;
    if (kept?.snapshot && snapshot && snapshot.version < kept.snapshot.version) {
      kept.freshUntilMs = kept.refreshAtMs = startedAtMs + Math.min(retryMs, ttlMs);
      return kept;
    }
    const livesMs = (snapshot ? ttlMs : Math.min(negativeTtlMs, ttlMs)) * (1 - jitter * Math.random());
    const entry: Entry = {
      snapshot,
      limits: undefined,
      loadedAtMs: startedAtMs,
      refreshAtMs: snapshot ? startedAtMs + livesMs * 0.8 : Infinity,
      freshUntilMs: startedAtMs + livesMs,
      isChanged: false,
      failures: 0,
    };
    (snapshot ? this.#entries : this.#strangers).set(tenantId, entry);
    (snapshot ? this.#strangers : this.#entries).delete(tenantId);
    return entry;
  }
}

function unavailable(error: unknown): QuotaError {
  return error instanceof QuotaError ? error : new QuotaUnavailableError('limits', 1_000, { cause: error });
}

function pick(flights: Map<TenantId, Flight>, tenantId: TenantId): [TenantId, Flight][] {
  const flight = flights.get(tenantId);
  return flight ? [[tenantId, flight]] : [];
}

function isSlow(): Error {
  return new Error('The limit source is slow');
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
