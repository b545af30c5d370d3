/** A tenant as far as its share goes. */
export interface Share {
  readonly id: string;
  readonly weight: number;
  /** Largest cost of its jobs. */
  readonly maxCost: number;
}

interface Spread {
  lowest: number;
  highest: number;
}

/**
 * Holds promise 5 against what was served: while two tenants are both ready, the difference of their services per
 * weight moves by no more than one largest job of each.
 */
export class FairShares {
  private readonly served = new Map<string, number>();
  private readonly spreads = new Map<string, Spread>();
  /** Comparisons made so far. */
  checks = 0;
  /** The largest part of the bound that was used, 1 = all of it. */
  closest = 0;

  constructor(private readonly shares: readonly Share[]) {}

  serve(id: string, cost: number): void {
    this.served.set(id, (this.served.get(id) ?? 0) + cost);
  }

  /** `isReady`: ready at this moment, and at every moment since the last call if it was ready then. */
  check(isReady: (id: string) => boolean): string | undefined {
    for (const [index, f] of this.shares.entries()) {
      for (const g of this.shares.slice(index + 1)) {
        const pair = `${f.id} ${g.id}`;
        if (!isReady(f.id) || !isReady(g.id)) this.spreads.delete(pair);
        else if (this.widen(pair, f, g) > 1 + 1e-9) return `${pair} are ${this.closest} of the bound apart`;
      }
    }
    return undefined;
  }

  private widen(pair: string, f: Share, g: Share): number {
    const difference = (this.served.get(f.id) ?? 0) / f.weight - (this.served.get(g.id) ?? 0) / g.weight;
    const spread = this.spreads.get(pair) ?? { lowest: difference, highest: difference };
    spread.lowest = Math.min(spread.lowest, difference);
    spread.highest = Math.max(spread.highest, difference);
    this.spreads.set(pair, spread);
    const part = (spread.highest - spread.lowest) / (f.maxCost / f.weight + g.maxCost / g.weight);
    this.checks += 1;
    this.closest = Math.max(this.closest, part);
    return part;
  }
}
