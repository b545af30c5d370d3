import { type OperationId, parseOperationId } from './operation-id.js';
import type { QuotaVerbs } from './quota-verbs.js';
import type { Cost } from './quota.types.js';
import type { TenantId } from './tenant-id.js';

export interface DoneOperation {
  readonly tenantId: TenantId;
  readonly operationId: OperationId;
  /** What it truly cost. */
  readonly cost: Cost;
}

/**
 * Charges an operation that was done, also where its hold is gone: its lease ended first, or Redis lost its memory
 * meanwhile. Repeating it charges nothing twice.
 */
export async function chargeTruth(
  quota: QuotaVerbs,
  { tenantId, operationId, cost }: DoneOperation,
): Promise<void> {
  const { outcome } = await quota.settle({ tenantId, operationId, cost });
  if (outcome !== 'expired' && outcome !== 'unknown') return;
  await quota.record({ tenantId, operationId: parseOperationId(`${operationId}.late`), cost });
}
