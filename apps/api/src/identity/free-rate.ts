import { LRUCache } from 'lru-cache';

const MINUTE_MS = 60_000;
const REMEMBERED = 10_000;

/** So much a minute by name, and a minute's worth at once (GCRA), in the memory of this node. */
export class FreeRate {
  /** When the name has its whole burst again, in ms. */
  private readonly fullAtMs = new LRUCache<string, number>({ max: REMEMBERED });

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes `cost`; gives how long to wait instead, in ms, where there is not so much. */
  take(name: string, perMinute: number, cost = 1): number {
    const waitMs = this.waitMs(name, perMinute, cost);
    if (waitMs === 0) this.move(name, (cost * MINUTE_MS) / perMinute);
    return waitMs;
  }

  /** As `take`, and takes nothing. What costs more than half a minute's worth needs only that half: it is owed then. */
  waitMs(name: string, perMinute: number, cost = 1): number {
    const at = this.now();
    const fullAtMs = Math.max(at, this.fullAtMs.get(name) ?? at);
    const takenMs = cost === 1 ? MINUTE_MS / perMinute : Math.min(cost / perMinute, 0.5) * MINUTE_MS;
    return Math.max(0, fullAtMs + takenMs - at - MINUTE_MS);
  }

  /** Takes it whether there is so much or not; negative gives back. */
  charge(name: string, perMinute: number, cost = 1): void {
    this.move(name, (cost * MINUTE_MS) / perMinute);
  }

  private move(name: string, byMs: number): void {
    const at = this.now();
    this.fullAtMs.set(name, Math.max(at, this.fullAtMs.get(name) ?? at) + byMs);
  }
}
