/** What has an owner that may be let in no longer. */
export interface Owned {
  /** false: nobody can tell now. Never rejects. */
  checkOwner(): Promise<boolean>;
}

/**
 * Asks for the owners of many at once, one after the other: a revocation is no flood of look-ups. Where nobody can tell,
 * the rest is left to their heartbeats.
 */
export class OwnerChecks {
  private readonly due = new Set<Owned>();
  private isAsking = false;

  ask(all: Iterable<Owned>): void {
    for (const one of all) this.due.add(one);
    if (!this.isAsking) void this.askAll();
  }

  private async askAll(): Promise<void> {
    this.isAsking = true;
    for (const one of this.due) {
      // Asked for again meanwhile, it comes again at the end of the set.
      this.due.delete(one);
      if (!(await one.checkOwner())) this.due.clear();
    }
    this.isAsking = false;
  }
}
