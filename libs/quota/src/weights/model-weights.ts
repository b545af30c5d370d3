import { QuotaConfigurationError } from '../quota.errors.js';
import { type CallSize, costUnits, DEFAULT_MODEL_WEIGHT } from './cost-units.js';
import type { ModelSource, ModelWeight } from './model-source.js';

const RETRY_MS = 1_000;
const MAX_NAMES = 100;

/** The table of model weights, from memory where it is fresh; while the source is away the last table stays in force. */
export class ModelWeights {
  #table: ReadonlyMap<string, ModelWeight> = new Map();
  #freshUntilMs = -Infinity;
  #loading: Promise<void> | undefined;
  /** How often the table was told to be out of date. */
  #version = 0;
  #unknownModels = 0;
  readonly #unknownNames = new Set<string>();

  constructor(
    private readonly source?: ModelSource,
    private readonly ttlMs = 60_000,
    private readonly monotonic: () => number = () => performance.now(),
  ) {}

  /** Cost units of one call; never 0. Throws InvalidCostError for a size that is not made of non-negative integers. */
  async costUnits(model: string, size: CallSize): Promise<number> {
    return costUnits(await this.weightOf(model), size);
  }

  /** The model's own weight, or that of the row `*`, or DEFAULT_MODEL_WEIGHT; never throws. */
  async weightOf(model: string): Promise<ModelWeight> {
    if (this.monotonic() >= this.#freshUntilMs) await this.#refresh();
    const known = this.#table.get(model);
    if (known) return known;
    this.#unknownModels += 1;
    if (this.#unknownNames.size < MAX_NAMES) this.#unknownNames.add(model.slice(0, 100));
    return this.#table.get('*') ?? DEFAULT_MODEL_WEIGHT;
  }

  /** Calls that named a model without a row, since the start. */
  get unknownModels(): number {
    return this.#unknownModels;
  }

  /** The first hundred of those names. */
  get unknownNames(): readonly string[] {
    return [...this.#unknownNames];
  }

  /** The next call reads the table anew. */
  invalidate(): void {
    this.#version += 1;
    this.#freshUntilMs = -Infinity;
    this.#loading = undefined;
  }

  #refresh(): Promise<void> {
    if (this.#loading) return this.#loading;
    const loading = this.#load().finally(() => {
      if (this.#loading === loading) this.#loading = undefined;
    });
    return (this.#loading = loading);
  }

  async #load(): Promise<void> {
    const startedAtMs = this.monotonic();
    const version = this.#version;
    try {
      const rows = (await this.source?.loadAll()) ?? [];
      rows.forEach(checkModelWeight);
      // Begun before a change that was told meanwhile: it must not replace what is read after it.
      if (version !== this.#version && this.#table.size > 0) return;
      this.#table = new Map(rows.map((row) => [row.name, row]));
      if (version === this.#version) this.#freshUntilMs = startedAtMs + this.ttlMs;
    } catch {
      if (version !== this.#version) return;
      this.#freshUntilMs = startedAtMs + Math.min(RETRY_MS, this.ttlMs);
    }
  }
}

/** Throws QuotaConfigurationError for a weight that is not made of integers, or whose minimum is below 1. */
export function checkModelWeight(weight: ModelWeight): void {
  const { name, contextWindow, inputMicroUnitsPerToken, outputMicroUnitsPerToken, minimumUnits } = weight;
  const numbers = { contextWindow, inputMicroUnitsPerToken, outputMicroUnitsPerToken, minimumUnits };
  for (const [field, value] of Object.entries(numbers)) {
    const least = field === 'minimumUnits' ? 1 : 0;
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new QuotaConfigurationError(
      `Model ${JSON.stringify(name)}: ${field} must be an integer of ${least} or more`,
    );
  }
}
