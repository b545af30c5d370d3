import type { TenantId } from '../tenant-id.js';

/** Which limits changed: one tenant's, or anybody's. */
export type InvalidatedScope = TenantId | 'all';

/**
 * Tells every node that limits changed. A hint by Redis pub/sub: what is lost while a node is disconnected is made good
 * by forgetting everything on reconnection, and at worst by the cache's TTL.
 */
export abstract class LimitInvalidation {
  /** Call it after the change is committed. Resolves when Redis has it; rejects with QuotaUnavailableError. */
  abstract publish(scope: InvalidatedScope): Promise<void>;
  /** Runs after this node has forgotten the limits, also on reconnection (`all`). Returns what ends it. */
  abstract onInvalidated(listener: (scope: InvalidatedScope) => void): () => void;
}
