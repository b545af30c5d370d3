import type { LimitDefinition, OverflowPolicy } from '../quota.types.js';
import type { TenantId } from '../tenant-id.js';

/** A limit as the tier states it. */
export interface TierLimitValue {
  readonly definition: LimitDefinition;
  readonly value: number;
  readonly burst?: number;
}

/** A limit of one tenant replaced for a while: in force while startsAtMs <= now < expiresAtMs. */
export interface LimitOverride {
  readonly id: number;
  readonly definition: LimitDefinition;
  readonly value: number;
  readonly burst?: number;
  readonly startsAtMs: number;
  /** null: until it is revoked. */
  readonly expiresAtMs: number | null;
  /** While it is in force nothing else replaces the limit, however late that starts. Default false. */
  readonly isEmergency?: boolean;
}

/** What the source knows of one tenant: enough to tell its limits at any time from now on. */
export interface TenantLimitsSnapshot {
  readonly tenantId: TenantId;
  readonly tier: string;
  readonly status: 'active' | 'suspended';
  readonly weight: number;
  readonly queueDepth: number;
  readonly freeRequestsPerMinute?: number;
  readonly overflow: OverflowPolicy;
  /** Greater is newer; an older snapshot never replaces a newer one. */
  readonly version: number;
  readonly tierLimits: readonly TierLimitValue[];
  /** All that have not expired, future ones included. */
  readonly overrides: readonly LimitOverride[];
}

/** A limit that exists, whichever tenants it binds. */
export type CataloguedLimit = Pick<LimitDefinition, 'name' | 'resource'>;

/** Where limits come from. Tell every node of a change through `LimitInvalidation`. */
export interface LimitSource {
  /** undefined: no such tenant. Rejects where the source is away; the cache then serves what it has. */
  load(tenantId: TenantId): Promise<TenantLimitsSnapshot | undefined>;
  /** Every limit there is: a cost that names a resource of none of them is refused as a mistake. */
  catalogue(): Promise<readonly CataloguedLimit[]>;
}

export const LimitSource = Symbol('LimitSource');
