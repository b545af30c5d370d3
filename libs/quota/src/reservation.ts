import type { OperationId } from './operation-id.js';
import type { QuotaVerbs } from './quota-verbs.js';
import type { Allowed, Cost, Decision, HoldGone, Settlement } from './quota.types.js';
import type { TenantId } from './tenant-id.js';

/** An open hold in hand: settle it with the true cost, or cancel it. */
export class Reservation {
  #ended: Promise<Settlement> | undefined;

  constructor(
    private readonly quota: QuotaVerbs,
    readonly tenantId: TenantId,
    readonly decision: Allowed,
  ) {}

  get operationId(): OperationId {
    return this.decision.operationId;
  }

  /** Settled or cancelled through this object. */
  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  settle(cost?: Cost): Promise<Settlement> {
    return (this.#ended = this.quota.settle({
      tenantId: this.tenantId,
      operationId: this.operationId,
      cost,
    }));
  }

  cancel(): Promise<Settlement> {
    return (this.#ended = this.quota.cancel({ tenantId: this.tenantId, operationId: this.operationId }));
  }

  extend(request: { readonly leaseMs?: number; readonly cost?: Cost } = {}): Promise<Decision | HoldGone> {
    return this.quota.extend({ tenantId: this.tenantId, operationId: this.operationId, ...request });
  }
}
