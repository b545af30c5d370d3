import {
  type Cost,
  type OperationId,
  parseOperationId,
  type QuotaService,
  type TenantId,
} from 'fairshare/quota';

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
  quota: QuotaService,
  { tenantId, operationId, cost }: DoneOperation,
): Promise<void> {
  const { outcome } = await quota.settle({ tenantId, operationId, cost });
  if (outcome !== 'expired' && outcome !== 'unknown') return;
  await quota.record({ tenantId, operationId: parseOperationId(`${operationId}.late`), cost });
}
