import { GateFullError } from '../queue.errors.js';
import { type Charge, FairSchedule } from './fair-schedule.js';

export interface FairGateOptions {
  /** Requests inside at once. */
  readonly capacity: number;
  /** Most of one tenant inside at once; 0 = no cap. Default 0. */
  readonly maxPerTenant?: number;
  /** Most waiting, all tenants together. Default 5_000. */
  readonly maxWaiting?: number;
  /** Most waiting of one tenant. Default 100. */
  readonly maxWaitingPerTenant?: number;
}

export interface GateRequest {
  readonly tenantId: string;
  /** Default 1. */
  readonly weight?: number;
  /** Declared cost, in units. Default 1. */
  readonly cost?: number;
  /** Gives up waiting when aborted. */
  readonly signal?: AbortSignal;
  /** Told its place among its tenant's waiting, from 1, when it changes; never called for who enters at once. */
  readonly onPosition?: (position: number) => void;
}

/** Leaves the gate; the true cost, if known, replaces the declared one. Calling it again does nothing. */
export type Release = (trueCost?: number) => void;

interface Waiter {
  readonly cost: number;
  readonly enter: (release: Release) => void;
  readonly onPosition: ((position: number) => void) | undefined;
}

interface GateTenant {
  readonly id: string;
  weight: number;
  readonly line: Waiter[];
  inside: number;
}

/** Lets requests of many tenants into this process in fair order: a noisy neighbour waits for itself. */
export class FairGate {
  private readonly schedule = new FairSchedule();
  private readonly tenants = new Map<string, GateTenant>();
  private capacity: number;
  private inside = 0;
  private outside = 0;

  constructor(readonly options: FairGateOptions) {
    this.capacity = options.capacity;
  }

  /** Requests inside. */
  get running(): number {
    return this.inside;
  }

  get waiting(): number {
    return this.outside;
  }

  /** Waits for a turn. Rejects with GateFullError, or with the signal's reason. */
  async acquire(request: GateRequest): Promise<Release> {
    request.signal?.throwIfAborted();
    const tenant = this.meet(request);
    const mustWait = tenant.line.length > 0 || this.isFullFor(tenant);
    if (mustWait) this.refuseBeyondBounds(tenant);
    return new Promise((resolve, reject) => {
      const waiter = this.join(tenant, request, resolve, reject);
      this.admit();
      if (tenant.line.includes(waiter)) waiter.onPosition?.(tenant.line.indexOf(waiter) + 1);
    });
  }

  /** Changes the capacity at once; those inside stay. */
  resize(capacity: number): void {
    this.capacity = capacity;
    this.admit();
  }

  private meet({ tenantId, weight = 1 }: GateRequest): GateTenant {
    let tenant = this.tenants.get(tenantId);
    if (!tenant) this.tenants.set(tenantId, (tenant = { id: tenantId, weight, line: [], inside: 0 }));
    tenant.weight = weight;
    return tenant;
  }

  private isFullFor(tenant: GateTenant): boolean {
    const { maxPerTenant = 0 } = this.options;
    return this.inside >= this.capacity || (maxPerTenant > 0 && tenant.inside >= maxPerTenant);
  }

  private refuseBeyondBounds(tenant: GateTenant): void {
    const { maxWaiting = 5_000, maxWaitingPerTenant = 100 } = this.options;
    if (tenant.line.length >= maxWaitingPerTenant) {
      throw new GateFullError('gate_tenant_full', maxWaitingPerTenant);
    }
    if (this.outside >= maxWaiting) {
      this.forget(tenant);
      throw new GateFullError('gate_full', maxWaiting);
    }
  }

  private join(
    tenant: GateTenant,
    { cost = 1, signal, onPosition }: GateRequest,
    resolve: (release: Release) => void,
    reject: (reason: Error) => void,
  ): Waiter {
    const giveUp = () => {
      this.leave(tenant, waiter);
      reject(signal!.reason as Error);
    };
    const enter = (release: Release) => {
      signal?.removeEventListener('abort', giveUp);
      resolve(release);
    };
    const waiter: Waiter = { cost, enter, onPosition };
    signal?.addEventListener('abort', giveUp, { once: true });
    tenant.line.push(waiter);
    this.outside += 1;
    this.place(tenant);
    return waiter;
  }

  private leave(tenant: GateTenant, waiter: Waiter): void {
    const at = tenant.line.indexOf(waiter);
    if (at < 0) return;
    tenant.line.splice(at, 1);
    this.outside -= 1;
    this.place(tenant);
    tellPositions(tenant, at);
  }

  private admit(): void {
    while (this.inside < this.capacity) {
      const tenant = this.tenants.get(this.schedule.next() ?? '');
      const waiter = tenant?.line.shift();
      if (!tenant || !waiter) return;
      const charge = this.schedule.dispatch(waiter.cost);
      this.outside -= 1;
      this.inside += 1;
      tenant.inside += 1;
      this.place(tenant);
      waiter.enter(this.releaseOf(tenant, charge));
      tellPositions(tenant, 0);
    }
  }

  private releaseOf(tenant: GateTenant, charge: Charge): Release {
    let isInside = true;
    return (trueCost = charge.cost) => {
      if (!isInside) return;
      isInside = false;
      this.inside -= 1;
      tenant.inside -= 1;
      this.schedule.settle(charge, trueCost);
      this.place(tenant);
      this.admit();
    };
  }

  private place(tenant: GateTenant): void {
    const { maxPerTenant = 0 } = this.options;
    const head = tenant.line[0];
    if (!head) {
      this.schedule.drain(tenant.id);
      this.forget(tenant);
    } else if (maxPerTenant > 0 && tenant.inside >= maxPerTenant) {
      this.schedule.block(tenant.id);
    } else {
      this.schedule.enter(tenant.id, { weight: tenant.weight, headCost: head.cost });
    }
  }

  private forget(tenant: GateTenant): void {
    if (tenant.line.length === 0 && tenant.inside === 0) this.tenants.delete(tenant.id);
  }
}

function tellPositions(tenant: GateTenant, from: number): void {
  for (let at = from; at < tenant.line.length; at++) tenant.line[at]!.onPosition?.(at + 1);
}
