import type { ModelWeight } from './model-source.js';

/** The table of model weights, from memory where it is fresh. */
export abstract class ModelWeights {
  /** The model's own weight, or that of `*`, or DEFAULT_MODEL_WEIGHT; never throws for an unknown model. */
  abstract weightOf(model: string): Promise<ModelWeight>;
  /** Cost units of one call of a model. */
  abstract costUnits(model: string, size: { inputTokens: number; outputTokens: number }): Promise<number>;
  /** Calls that named a model without a row, since the start. */
  abstract readonly unknownModels: number;
  /** Forgets the table. */
  abstract invalidate(): void;
}
