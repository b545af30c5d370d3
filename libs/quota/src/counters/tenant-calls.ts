import type { LuaScript } from 'fairshare/redis';
import type { OperationId } from '../operation-id.js';
import type { TenantId } from '../tenant-id.js';
import { CallBytes } from './call-bytes.js';
import type { QuotaKeys } from './keys.js';
import type { QuotaPlan } from './records/plan.js';

export type QuotaScript = LuaScript<string, string, Buffer>;

/** What is the same in all calls for a tenant: made once, for as long as its limits live. */
export class TenantCalls {
  readonly counters: string;
  readonly holds: string;
  readonly #bytes = new Map<QuotaScript, CallBytes>();

  constructor(
    readonly plan: QuotaPlan,
    private readonly keys: QuotaKeys,
    private readonly tenantId: TenantId,
  ) {
    this.counters = keys.counters(tenantId);
    this.holds = keys.holds(tenantId);
  }

  /** Key of its memory; without a name one that is there anyway. */
  operation(operationId: OperationId | '' | undefined): string {
    return operationId ? this.keys.operation(this.tenantId, operationId) : this.counters;
  }

  bytesOf(script: QuotaScript): CallBytes {
    let bytes = this.#bytes.get(script);
    if (!bytes) this.#bytes.set(script, (bytes = new CallBytes(script, this.counters, this.holds)));
    return bytes;
  }
}
