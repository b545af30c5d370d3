import { createHash } from 'node:crypto';

/** Told whenever a job of the tenant changes its state: `<job id> <state>`. */
export function jobsChannel(keyPrefix: string, tenantId: string): string {
  return `${keyPrefix}:signals:jobs:${encode(tenantId)}`;
}

/** Told whenever a request with an Idempotency-Key of the tenant has ended: the hash of its key. */
export function idempotencyChannel(keyPrefix: string, tenantId: string): string {
  return `${keyPrefix}:signals:idempotency:${encode(tenantId)}`;
}

/** Told when an operator's key was revoked. */
export function adminKeysChannel(keyPrefix: string): string {
  return `${keyPrefix}:signals:admin-keys`;
}

/** Told when a tenant's API key was revoked. */
export function apiKeysChannel(keyPrefix: string): string {
  return `${keyPrefix}:signals:api-keys`;
}

/** Told when the table of model weights has changed. */
export function modelsChannel(keyPrefix: string): string {
  return `${keyPrefix}:signals:models`;
}

/** Any tenant id, in characters that no pattern or look-alike can abuse. */
function encode(tenantId: string): string {
  return createHash('sha256').update(tenantId).digest('base64url');
}
