import { KeptReading, type KeptReadingOptions } from '../kept-reading.js';
import { QuotaConfigurationError, QuotaUnavailableError, UnknownModelError } from '../quota.errors.js';
import { type CallSize, costUnits } from './cost-units.js';
import type { ModelSource, ModelWeight } from './model-source.js';
import { ModelTable } from './model-table.js';

const RETRY_MS = 1_000;
const MAX_NAMES = 1_000;
const MAX_NAME_LENGTH = 100;

export interface UnknownModelRule {
  /** dearest: a model without a row may be called. refuse: `admit` throws. Default dearest. */
  readonly unknownModels?: 'dearest' | 'refuse';
  /** Told of each unknown name once, of the first 1,000; a long one is cut at 100 characters. Default: nobody. */
  readonly onUnknownModel?: (name: string) => void;
}

/** What a model takes, and what a call of it costs. */
export interface ModelTerms {
  /** Tokens that prompt and completion may have together; of a model without a row, what the row `*` says. */
  readonly contextWindow: number;
  readonly costUnits: (size: CallSize) => number;
  /** false: no row weighs the model, and it costs as much as the dearest. */
  readonly isKnown: boolean;
}

/**
 * The table of model weights, from memory where it is fresh; while the source is away the last table stays in force, for new
 * calls for ten minutes.
 */
export class ModelWeights {
  readonly #table: KeptReading<ModelTable>;
  #unknownModels = 0;
  readonly #unknownNames = new Set<string>();

  constructor(
    source?: ModelSource,
    options: KeptReadingOptions = {},
    monotonic: () => number = () => performance.now(),
    private readonly rule: UnknownModelRule = {},
  ) {
    this.#table = new KeptReading(() => readTable(source), options, monotonic);
  }

  /**
   * Cost units of one call; never 0. A model without a row costs as much as the dearest. Throws InvalidCostError for a
   * size that is not made of non-negative integers.
   */
  async costUnits(model: string, size: CallSize): Promise<number> {
    const table = await this.#lastTable();
    const weight = this.#find(table, model);
    return weight ? costUnits(weight, size) : table.dearest(size);
  }

  /** The row that weighs a model, by any spelling of its name; undefined where no row does. Never throws. */
  async weightOf(model: string): Promise<ModelWeight | undefined> {
    return this.#find(await this.#lastTable(), model);
  }

  /**
   * What a model takes and costs, before anything is spent. Throws UnknownModelError where a model without a row is refused,
   * QuotaUnavailableError where the weights cannot be known now.
   */
  async admit(model: string): Promise<ModelTerms> {
    const table = await this.#table.get().catch((error: unknown) => {
      throw new QuotaUnavailableError('limits', RETRY_MS, { cause: error });
    });
    const weight = this.#find(table, model);
    if (!weight && this.rule.unknownModels === 'refuse') throw new UnknownModelError(model);
    return {
      contextWindow: (weight ?? table.unknown).contextWindow,
      costUnits: (size) => (weight ? costUnits(weight, size) : table.dearest(size)),
      isKnown: weight !== undefined,
    };
  }

  /** Look-ups of models without a row, since the start. */
  get unknownModels(): number {
    return this.#unknownModels;
  }

  /** The first 1,000 of those names. */
  get unknownNames(): readonly string[] {
    return [...this.#unknownNames];
  }

  /** false: the next call may have to wait for the source. */
  get isFresh(): boolean {
    return this.#table.isFresh;
  }

  /** The next call reads the table anew. */
  invalidate(): void {
    this.#table.invalidate();
  }

  // What was called is paid by the last table, whatever its age.
  #lastTable(): Promise<ModelTable> {
    return this.#table.get().catch(() => this.#table.last ?? new ModelTable());
  }

  #find(table: ModelTable, model: string): ModelWeight | undefined {
    const known = table.find(model);
    if (!known) this.#noteUnknown(model);
    return known;
  }

  #noteUnknown(model: string): void {
    this.#unknownModels += 1;
    const name = model.slice(0, MAX_NAME_LENGTH);
    if (this.#unknownNames.size >= MAX_NAMES || this.#unknownNames.has(name)) return;
    this.#unknownNames.add(name);
    this.rule.onUnknownModel?.(name);
  }
}

async function readTable(source: ModelSource | undefined): Promise<ModelTable> {
  const rows = (await source?.loadAll()) ?? [];
  rows.forEach(checkModelWeight);
  return new ModelTable(rows);
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
