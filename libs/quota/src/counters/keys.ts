import type { OperationId } from '../operation-id.js';
import { QuotaConfigurationError } from '../quota.errors.js';
import type { TenantId } from '../tenant-id.js';

/**
 * Every key of this library, all of one tenant in one cluster slot:
 *
 * | key                            | type       | holds                                | expires                            |
 * | ------------------------------ | ---------- | ------------------------------------ | ---------------------------------- |
 * | `<prefix>:{<tenant>}:c`        | string     | packed counters of every limit       | 1 h after all in it has ended; never while a level is above 0 |
 * | `<prefix>:{<tenant>}:h`        | sorted set | open holds by the end of their lease | about 1 h after the last lease     |
 * | `<prefix>:{<tenant>}:o:<id>`   | string     | what became of a named operation     | `memoryMs` after its end or lease  |
 * | `<prefix>:invalidated` (channel) | pub/sub  | whose limits changed                 |                                    |
 */
export class QuotaKeys {
  constructor(private readonly prefix: string) {
    if (!/^[A-Za-z0-9_.:-]{1,32}$/.test(prefix)) {
      throw new QuotaConfigurationError(`keyPrefix must be 1 to 32 of A-Z a-z 0-9 _ . : -, got "${prefix}"`);
    }
  }

  /** Prefix of all keys of one tenant. */
  tenant(tenantId: TenantId): string {
    return `${this.prefix}:{${encodeId(tenantId)}}`;
  }

  counters(tenantId: TenantId): string {
    return `${this.tenant(tenantId)}:c`;
  }

  holds(tenantId: TenantId): string {
    return `${this.tenant(tenantId)}:h`;
  }

  operation(tenantId: TenantId, operationId: OperationId): string {
    return `${this.tenant(tenantId)}:o:${operationId}`;
  }

  get invalidationChannel(): string {
    return `${this.prefix}:invalidated`;
  }
}

/** Injective: every UTF-8 byte outside `A-Z a-z 0-9 _ . -` becomes `%XX`. */
export function encodeId(tenantId: TenantId): string {
  return encodeURIComponent(tenantId).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
