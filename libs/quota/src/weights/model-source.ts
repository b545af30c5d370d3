/** What a call of one model weighs. */
export interface ModelWeight {
  /** `*`: the least that a model without a row weighs; it weighs as much as the dearest row. */
  readonly name: string;
  /** Tokens that prompt and completion may have together. */
  readonly contextWindow: number;
  /** Millionths of a cost unit per prompt token. */
  readonly inputMicroUnitsPerToken: number;
  /** Millionths of a cost unit per completion token. */
  readonly outputMicroUnitsPerToken: number;
  /** Least a call costs, in whole units, at least 1. */
  readonly minimumUnits: number;
}

/** Where the weights come from. */
export interface ModelSource {
  /** Every row, small enough to be read whole. Rejects where the source is away; the last table stays in force. */
  loadAll(): Promise<readonly ModelWeight[]>;
}

export const ModelSource = Symbol('ModelSource');
