import { canonicalTenantId, TENANT_ID_RULE } from 'fairshare/ids';
import { InvalidTenantIdError } from './quota.errors.js';

declare const tenantIdBrand: unique symbol;

/** A tenant id in its one form; made by `parseTenantId` only. */
export type TenantId = string & { readonly [tenantIdBrand]: true };

/** Gives the one form of an id (see `canonicalTenantId`); throws InvalidTenantIdError for what is none. */
export function parseTenantId(value: unknown): TenantId {
  const id = canonicalTenantId(value);
  if (id !== undefined) return id as TenantId;
  throw new InvalidTenantIdError(TENANT_ID_RULE);
}
