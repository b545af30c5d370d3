import { QuotaError, QuotaUnavailableError, UnknownResourceError } from '../quota.errors.js';
import type { LimitCacheOptions } from '../quota.options.js';
import type { Cost } from '../quota.types.js';
import type { CataloguedLimit, LimitSource } from './limit-source.js';

export interface CatalogueOptions extends Pick<LimitCacheOptions, 'ttlMs' | 'negativeTtlMs' | 'retryMs'> {
  /** Resources that the application spends whether or not a limit counts them. Default: none. */
  readonly resources?: readonly string[];
}

/**
 * The resources that exist: those of every limit there is, whoever it binds. In memory; the source is read when a cost
 * names one that is not known, at most once per `negativeTtlMs` unless `invalidate` told of a change. Limits are added
 * and never removed, so what is known stays known.
 */
export class ResourceCatalogue {
  readonly #known: Set<string>;
  #limits: readonly CataloguedLimit[] = [];
  #freshUntilMs = -Infinity;
  #failedUntilMs = -Infinity;
  /** Counts the invalidations. */
  #generation = 0;
  #flight: Promise<void> | undefined;
  readonly #livesMs: number;
  readonly #retryMs: number;

  constructor(
    private readonly source: Pick<LimitSource, 'catalogue'>,
    { resources = [], ttlMs = 60_000, negativeTtlMs = 5_000, retryMs = 1_000 }: CatalogueOptions = {},
    /** In ms, never goes back. */
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    this.#known = new Set(resources);
    this.#livesMs = Math.min(ttlMs, negativeTtlMs);
    this.#retryMs = retryMs;
  }

  /** From memory alone: false where the source must be asked first. */
  knows(cost: Cost): boolean {
    for (const resource in cost) if (!this.#known.has(resource)) return false;
    return true;
  }

  /**
   * Throws UnknownResourceError for a resource that no limit counts, and QuotaUnavailableError (limits) where that cannot
   * be told now.
   */
  async mustKnow(cost: Cost): Promise<void> {
    if (this.knows(cost)) return;
    if (this.monotonic() >= this.#freshUntilMs) await this.#read();
    if (this.knows(cost)) return;
    const strange = Object.keys(cost).filter((resource) => !this.#known.has(resource));
    throw new UnknownResourceError(strange, [...this.#known].sort(), this.#limits);
  }

  /** A limit may have been added: the next unknown resource is looked for at once. */
  invalidate(): void {
    this.#generation += 1;
    this.#freshUntilMs = this.#failedUntilMs = -Infinity;
    this.#flight = undefined;
  }

  async #read(): Promise<void> {
    if (this.monotonic() < this.#failedUntilMs) throw new QuotaUnavailableError('limits', this.#retryMs);
    const generation = this.#generation;
    await (this.#flight ??= this.#load());
    // What was read may be from before the change that `invalidate` told of.
    if (generation !== this.#generation) await this.#read();
  }

  // Fresh from the moment the reading began: a limit that was added after it is not in it.
  async #load(): Promise<void> {
    const startedAtMs = this.monotonic();
    const generation = this.#generation;
    try {
      const limits = await this.source.catalogue();
      for (const { resource } of limits) this.#known.add(resource);
      this.#limits = limits;
      if (generation === this.#generation) this.#freshUntilMs = startedAtMs + this.#livesMs;
    } catch (error) {
      this.#failedUntilMs = this.monotonic() + this.#retryMs;
      throw error instanceof QuotaError
        ? error
        : new QuotaUnavailableError('limits', this.#retryMs, { cause: error });
    } finally {
      if (generation === this.#generation) this.#flight = undefined;
    }
  }
}
