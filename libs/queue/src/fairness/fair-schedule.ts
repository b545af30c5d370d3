import { OrderedHeap } from './ordered-heap.js';

/** What a dispatch cost its tenant; hand it back to `settle` when the work is done. */
export interface Charge {
  readonly tenantId: string;
  /** Declared cost, in units. */
  readonly cost: number;
  /** The tenant's weight when the cost was charged. */
  readonly weight: number;
  /** The tenant's busy period in which the cost was charged. */
  readonly period: number;
  /** The tag by which the tenant was picked. */
  readonly startTag: number;
}

export interface Entry {
  /** Share of the tenant against the others; a positive integer. */
  readonly weight: number;
  /** Declared cost of the first job in its line, in units; a positive integer. */
  readonly headCost: number;
}

/** What the schedule knows of one tenant. */
export interface TenantTag {
  readonly tag: number;
  readonly weight: number;
  readonly isReady: boolean;
  /** Dispatches that have not been settled. */
  readonly running: number;
}

interface TenantState {
  readonly id: string;
  weight: number;
  /** Where its next job starts, in cost units per weight. */
  tag: number;
  /** No refund lowers the tag beneath this: where virtual time stood when the tenant entered. */
  floor: number;
  /** How far virtual time lifted the tenant when the current busy period began. */
  gap: number;
  /** Counts busy periods: one ends when a returning tenant is lifted to virtual time. */
  period: number;
  /** Order of entry into the ready set; breaks ties. */
  entry: number;
  running: number;
  hasWork: boolean;
}

const FORGOTTEN_PER_DISPATCH = 2;

/**
 * Decides whose turn it is: start-time fair queueing (Goyal, Vin, Cheng 1996) with the declared cost charged at
 * dispatch and reconciled when the work is done (as in VTC, Sheng et al., OSDI 2024). Pure: no clock, no I/O.
 *
 * The ready tenant with the smallest tag goes next; its tag grows by cost / weight. While two tenants are ready,
 * their services per weight differ by at most the largest cost per weight of the one plus that of the other.
 *
 * A tenant enters at the larger of its own tag and virtual time. Virtual time follows the service given, shared over
 * the weights of the ready tenants (WF2Q+, Bennett and Zhang 1997), and not only the last start tag: else a stream of
 * never-seen tenants, each entering at the last start tag, would hold it still and starve whoever waits behind it.
 * While one tenant alone is ready, virtual time does not run ahead of its tag, or what a quiet tenant was given would count
 * twice: when it was served, and in the turns that the other then had alone; the quiet one would lose its turn by it.
 * No entrant is put further back than its own first job behind the first in line, which keeps the bound.
 *
 * The Lua scripts of the store do the same operations in the same order: this class is their oracle, to the last bit.
 */
export class FairSchedule {
  private readonly tenants = new Map<string, TenantState>();
  private readonly ready = new OrderedHeap<TenantState>(isServedBefore);
  private readonly drained = new OrderedHeap<TenantState>(isForgottenBefore);
  private readyWeight = 0;
  private entries = 0;
  private clock = 0;
  /** Service given but not yet in virtual time: it counts once the next dispatch begins. */
  private pending = 0;

  get virtualTime(): number {
    return this.clock;
  }

  get readyCount(): number {
    return this.ready.size;
  }

  /** Tenants remembered, ready or not. */
  get knownCount(): number {
    return this.tenants.size;
  }

  /** The tenant whose turn it is. O(1). */
  next(): string | undefined {
    return this.ready.peek()?.id;
  }

  /** The tenant has work that may run now. Entering twice changes its weight only. O(log tenants). */
  enter(tenantId: string, { weight, headCost }: Entry): void {
    const tenant = this.tenants.get(tenantId) ?? this.meet(tenantId, weight);
    this.drained.remove(tenant);
    tenant.hasWork = true;
    if (this.ready.has(tenant)) return this.setWeight(tenantId, weight);
    tenant.weight = weight;
    this.lift(tenant, headCost);
    this.entries += 1;
    tenant.entry = this.entries;
    this.readyWeight += weight;
    this.ready.add(tenant);
  }

  /** The tenant has work that may not run now: no quota, paused, at its cap, only delayed jobs. O(log tenants). */
  block(tenantId: string): void {
    const tenant = this.tenants.get(tenantId) ?? this.meet(tenantId, 1);
    this.unready(tenant);
    this.drained.remove(tenant);
    tenant.hasWork = true;
  }

  /** The tenant has no work left; its tag is remembered until virtual time has passed it. O(log tenants). */
  drain(tenantId: string): void {
    const tenant = this.tenants.get(tenantId);
    if (!tenant) return;
    this.unready(tenant);
    tenant.hasWork = false;
    this.rememberIfIdle(tenant);
  }

  /** Applies to every charge that follows, so to the whole backlog. O(1). */
  setWeight(tenantId: string, weight: number): void {
    const tenant = this.tenants.get(tenantId);
    if (!tenant) return;
    if (this.ready.has(tenant)) this.readyWeight += weight - tenant.weight;
    tenant.weight = weight;
  }

  /** Charges the tenant whose turn it is with the cost of its first job. It stays ready. O(log tenants). */
  dispatch(cost: number): Charge {
    const tenant = this.ready.peek();
    if (!tenant) throw new Error('No tenant is ready');
    const startTag = tenant.tag;
    this.advance(tenant, cost);
    tenant.tag = startTag + cost / tenant.weight;
    tenant.running += 1;
    this.ready.move(tenant);
    this.forget();
    return { tenantId: tenant.id, cost, weight: tenant.weight, period: tenant.period, startTag };
  }

  /** Replaces the declared cost by the true one; 0 gives the whole charge back. O(log tenants). */
  settle(charge: Charge, trueCost: number): void {
    const tenant = this.tenants.get(charge.tenantId);
    if (!tenant) return;
    tenant.running -= 1;
    if (trueCost !== charge.cost) this.correct(tenant, charge, trueCost);
    this.rememberIfIdle(tenant);
  }

  tenant(tenantId: string): TenantTag | undefined {
    const tenant = this.tenants.get(tenantId);
    return (
      tenant && {
        tag: tenant.tag,
        weight: tenant.weight,
        isReady: this.ready.has(tenant),
        running: tenant.running,
      }
    );
  }

  private meet(tenantId: string, weight: number): TenantState {
    const tenant = {
      id: tenantId,
      weight,
      tag: 0,
      floor: 0,
      gap: 0,
      period: 0,
      entry: 0,
      running: 0,
      hasWork: true,
    };
    this.tenants.set(tenantId, tenant);
    return tenant;
  }

  private lift(tenant: TenantState, headCost: number): void {
    tenant.floor = this.entryTag(headCost / tenant.weight);
    if (tenant.tag >= tenant.floor) return;
    tenant.gap = tenant.floor - tenant.tag;
    tenant.tag = tenant.floor;
    tenant.period += 1;
  }

  private entryTag(firstCharge: number): number {
    const first = this.ready.peek();
    return first ? Math.min(this.clock, first.tag + firstCharge) : this.clock;
  }

  private advance({ tag, weight }: TenantState, cost: number): void {
    if (this.pending > 0) {
      this.clock += this.pending;
      this.pending = 0;
    }
    this.clock = Math.max(this.clock, tag);
    const given = cost / this.readyWeight;
    const isAlone = weight === this.readyWeight;
    this.pending += isAlone ? Math.max(0, tag + given - this.clock) : given;
  }

  private correct(tenant: TenantState, charge: Charge, trueCost: number): void {
    const difference = (trueCost - charge.cost) / charge.weight;
    if (charge.period === tenant.period) {
      tenant.tag = Math.max(tenant.tag + difference, tenant.floor);
      this.ready.move(tenant);
    } else {
      this.correctFormerPeriod(tenant, difference);
    }
    if (this.readyWeight > 0) this.pending += (trueCost - charge.cost) / this.readyWeight;
  }

  /** Had the true cost been known, the lift would have been smaller or larger; only what exceeds it matters now. */
  private correctFormerPeriod(tenant: TenantState, difference: number): void {
    const owed = difference - tenant.gap;
    if (owed > 0) {
      tenant.tag += owed;
      tenant.gap = 0;
      this.ready.move(tenant);
    } else {
      tenant.gap = -owed;
    }
  }

  private unready(tenant: TenantState): void {
    if (this.ready.remove(tenant)) this.readyWeight -= tenant.weight;
  }

  private rememberIfIdle(tenant: TenantState): void {
    if (tenant.running === 0 && !tenant.hasWork && !this.drained.has(tenant)) this.drained.add(tenant);
  }

  /** A tag that no entrant can get below any more need not be remembered. Each dispatch drains one tenant at most. */
  private forget(): void {
    const passed = Math.min(this.clock, this.ready.peek()!.tag);
    for (let count = 0; count < FORGOTTEN_PER_DISPATCH; count++) {
      const oldest = this.drained.peek();
      if (!oldest || oldest.tag > passed) return;
      this.drained.remove(oldest);
      this.tenants.delete(oldest.id);
    }
  }
}

function isServedBefore(a: TenantState, b: TenantState): boolean {
  return a.tag < b.tag || (a.tag === b.tag && a.entry < b.entry);
}

function isForgottenBefore(a: TenantState, b: TenantState): boolean {
  return a.tag < b.tag || (a.tag === b.tag && a.id < b.id);
}
