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

/** Lets requests of many tenants into this process in fair order: a noisy neighbour waits for itself. */
export class FairGate {
  constructor(readonly options: FairGateOptions) {}

  /** Requests inside. */
  get running(): number {
    throw new Error('not yet');
  }

  get waiting(): number {
    throw new Error('not yet');
  }

  /** Waits for a turn. Rejects with GateFullError, or with the signal's reason. */
  async acquire(_request: GateRequest): Promise<Release> {
    throw new Error('not yet');
  }

  /** Changes the capacity at once; those inside stay. */
  resize(_capacity: number): void {
    throw new Error('not yet');
  }
}
