import { InvalidCostError } from '../quota.errors.js';
import type { ModelWeight } from './model-source.js';

/** Stands for the row `*` where the table has none. It takes any context: nothing says otherwise. */
export const DEFAULT_MODEL_WEIGHT: ModelWeight = {
  name: '*',
  contextWindow: Number.MAX_SAFE_INTEGER,
  inputMicroUnitsPerToken: 2000,
  outputMicroUnitsPerToken: 6000,
  minimumUnits: 2,
};

export interface CallSize {
  readonly inputTokens: number;
  /** Of a call not made yet: the most it may produce. */
  readonly outputTokens: number;
}

/** Cost units of one call: tokens times their micro-units, rounded up, at least the model's minimum and at least 1. */
export function costUnits(weight: ModelWeight, size: CallSize): number {
  const micro =
    tokens('inputTokens', size.inputTokens) * BigInt(weight.inputMicroUnitsPerToken) +
    tokens('outputTokens', size.outputTokens) * BigInt(weight.outputMicroUnitsPerToken);
  const units = (micro + 999_999n) / 1_000_000n;
  if (units > BigInt(Number.MAX_SAFE_INTEGER))
    throw new InvalidCostError('The call weighs more than 2^53 - 1 units');
  return Math.max(Number(units), weight.minimumUnits, 1);
}

function tokens(name: string, value: number): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new InvalidCostError(`${name} must be a non-negative integer`);
}
