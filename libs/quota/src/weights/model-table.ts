import { LRUCache } from 'lru-cache';
import { type CallSize, costUnits, DEFAULT_MODEL_WEIGHT } from './cost-units.js';
import type { ModelWeight } from './model-source.js';
import { spellingsOf } from './spellings.js';

const REMEMBERED_NAMES = 1_000;
const LONGEST_REMEMBERED = 256;
/** The row for models that have none of their own; no model is named so. */
const UNKNOWN = '*';

/** One reading of the table of weights; it never changes. */
export class ModelTable {
  /** The row for models that have none of their own. */
  readonly unknown: ModelWeight;
  readonly #byName = new Map<string, ModelWeight>();
  readonly #byLowerCase = new Map<string, ModelWeight>();
  readonly #rows: readonly ModelWeight[];
  /** What a spelling that is not a row's own name stands for; false: nothing. */
  readonly #found = new LRUCache<string, ModelWeight | false>({ max: REMEMBERED_NAMES });

  constructor(rows: readonly ModelWeight[] = []) {
    const unknown = rows.find(({ name }) => name === UNKNOWN);
    this.unknown = unknown ?? DEFAULT_MODEL_WEIGHT;
    this.#rows = unknown ? rows : [...rows, DEFAULT_MODEL_WEIGHT];
    for (const row of rows) {
      if (row.name === UNKNOWN) continue;
      this.#byName.set(row.name, row);
      const folded = row.name.toLowerCase();
      if (folded === row.name || !this.#byLowerCase.has(folded)) this.#byLowerCase.set(folded, row);
    }
  }

  /** The row that weighs a model, whatever the spelling of its name; undefined where no row does. */
  find(model: string): ModelWeight | undefined {
    const exact = this.#byName.get(model);
    if (exact) return exact;
    let found = this.#found.get(model);
    if (found === undefined) {
      found = this.#search(model) ?? false;
      if (model.length <= LONGEST_REMEMBERED) this.#found.set(model, found);
    }
    return found || undefined;
  }

  /** What a call costs with the model that is dearest for its size, the row for unknown ones included. */
  dearest(size: CallSize): number {
    return Math.max(...this.#rows.map((row) => costUnits(row, size)));
  }

  #search(model: string): ModelWeight | undefined {
    for (const spelling of spellingsOf(model)) {
      const row = this.#byName.get(spelling) ?? this.#byLowerCase.get(spelling);
      if (row) return row;
    }
    return undefined;
  }
}
