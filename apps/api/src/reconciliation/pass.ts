/** What may disagree. */
export const DIVERGENCES = {
  job_not_queued: 'an accepted job that the queue does not know',
  job_never_acknowledged: 'a job whose client was never told of it',
  job_end_not_journaled: 'a job that has ended in the queue and not in the journal',
  queued_without_row: 'a job in the queue that has ended in the journal, or is not in it',
  dead_job_forgotten: 'a dead job that the queue has forgotten, so that it could not be requeued',
  pause_forgotten: 'a pause that the queue has forgotten',
  counter_behind_ledger: 'a counter that remembers less than the ledger',
  ledger_behind_counter: 'a ledger that remembers less than the counter',
} as const;

export type DivergenceKind = keyof typeof DIVERGENCES;

export interface Divergence {
  readonly kind: DivergenceKind;
  found: number;
  repaired: number;
  /** A few of them, by name. */
  readonly examples: string[];
}

/** What one pass needs to know of Redis' memory. */
export interface Memory {
  /** Redis may have come back with an older memory than the one that was seen before. */
  readonly isOlder: boolean;
  /** Since when Redis is known to have lost nothing. */
  readonly since: Date;
}

const EXAMPLES = 5;

/**
 * One look at everything: what was found, and repaired. What may only be on its way is a suspicion at first: it counts once the
 * pass before has suspected it too.
 */
export class Pass {
  readonly divergences = new Map<DivergenceKind, Divergence>();
  private readonly suspicions = new Set<string>();

  constructor(
    readonly memory: Memory,
    private readonly repairs: boolean,
    private readonly before?: Pass,
  ) {}

  /** `repair` gives false where there was nothing to do any more. */
  async found(kind: DivergenceKind, name: string, repair: () => Promise<boolean>): Promise<void> {
    const repaired = this.repairs ? await repair() : undefined;
    if (repaired === false) return;
    const divergence = this.divergences.get(kind) ?? { kind, found: 0, repaired: 0, examples: [] };
    divergence.found += 1;
    if (repaired) divergence.repaired += 1;
    if (divergence.examples.length < EXAMPLES) divergence.examples.push(name);
    this.divergences.set(kind, divergence);
  }

  /** True where the pass before has suspected the same. */
  isConfirmed(suspicion: string): boolean {
    this.suspicions.add(suspicion);
    return this.before?.suspicions.has(suspicion) ?? false;
  }
}

/** Compares two of the places where the truth is kept. */
export interface Comparison {
  compare(pass: Pass): Promise<void>;
}
