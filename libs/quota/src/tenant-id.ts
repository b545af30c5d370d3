import { InvalidTenantIdError } from './quota.errors.js';

declare const tenantIdBrand: unique symbol;

/** A checked tenant id; made by `parseTenantId` only. */
export type TenantId = string & { readonly [tenantIdBrand]: true };

// Neither controls, formats (direction overrides, zero-width), surrogates nor unassigned; no line separators.
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u;

/** Accepts 1 to 128 printable characters; everything else throws InvalidTenantIdError. */
export function parseTenantId(value: unknown): TenantId {
  if (typeof value === 'string' && value.length <= 256 && PRINTABLE.test(value)) return value as TenantId;
  throw new InvalidTenantIdError('A tenant id is 1 to 128 printable characters');
}
