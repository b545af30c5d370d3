import { type OperationId, parseOperationId } from './operation-id.js';
import type { QuotaVerbs } from './quota-verbs.js';
import type { Cost, Overrun } from './quota.types.js';
import type { TenantId } from './tenant-id.js';

export interface DoneOperation {
  readonly tenantId: TenantId;
  readonly operationId: OperationId;
  /** What it truly cost. */
  readonly cost: Cost;
}

/**
 * Charges an operation that was done, also where its hold is gone: its lease ended first, or Redis lost its memory
 * meanwhile. Repeating it charges nothing twice. Answers with what lies beyond a limit and its counter does not have.
 */
export async function chargeTruth(
  quota: QuotaVerbs,
  { tenantId, operationId, cost }: DoneOperation,
): Promise<readonly Overrun[]> {
  const { outcome, mode, overruns } = await quota.settle({ tenantId, operationId, cost });
  if (outcome !== 'expired' && outcome !== 'unknown') return mode === 'observe' ? [] : overruns;
  // What is recorded after the fact counts in full, also beyond a limit.
  await quota.record({ tenantId, operationId: parseOperationId(`${operationId}.late`), cost });
  return [];
}
