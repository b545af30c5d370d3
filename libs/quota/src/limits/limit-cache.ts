import type { TenantLimits } from '../quota.types.js';
import type { TenantId } from '../tenant-id.js';

/** Limits of tenants, from memory where they are fresh. */
export abstract class LimitCache {
  /** Throws UnknownTenantError, or QuotaUnavailableError (limits) where the source is away and nothing usable is kept. */
  abstract get(tenantId: TenantId): Promise<TenantLimits>;
  /** Forgets one tenant, or all. */
  abstract invalidate(tenantId?: TenantId): void;
}
