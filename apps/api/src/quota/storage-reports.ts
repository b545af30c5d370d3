import { Injectable } from '@nestjs/common';
import { parseOperationId, QuotaService, type TenantId } from 'fairshare/quota';
import { Problem } from '../problems/problem.js';
import { quotaProblem } from '../problems/quota-problem.js';
import { limitView } from './limit-view.js';
import type { StorageAnswerDto, StorageDto } from './quota.dto.js';

const RESOURCE = 'storage_bytes';

export interface StorageReport {
  readonly tenantId: TenantId;
  readonly change: StorageDto;
  /** Makes a repeat count once. Default: unnamed. */
  readonly operationId?: string;
}

/** Moves a tenant's storage, whoever reports it. */
@Injectable()
export class StorageReports {
  constructor(private readonly quota: QuotaService) {}

  /** What a report would change, in bytes; throws the quota's denial where it would be refused. Changes nothing. */
  async foresee({ tenantId, change }: StorageReport): Promise<{ before: number; after: number }> {
    const { delta, total } = checkChange(change);
    const before = await this.used(tenantId);
    const after = Math.max(0, total ?? before + delta!);
    if (after > before) {
      const decision = await this.quota.check({ tenantId, cost: { [RESOURCE]: after - before } });
      if (!decision.allowed) throw quotaProblem(decision);
    }
    return { before, after };
  }

  async report({ tenantId, change, operationId }: StorageReport): Promise<StorageAnswerDto> {
    const { delta, total } = checkChange(change);
    const decision = await this.quota.adjust({
      tenantId,
      resource: RESOURCE,
      ...(delta === undefined ? { total: total! } : { delta }),
      ...(operationId === undefined ? {} : { operationId: parseOperationId(operationId) }),
    });
    if (!decision.allowed) throw quotaProblem(decision);
    return {
      unlimited: [...decision.unlimited],
      limits: decision.limits.filter(({ resource }) => resource === RESOURCE).map(limitView),
    };
  }

  /** Bytes as they stand now. */
  async used(tenantId: TenantId): Promise<number> {
    const { limits } = await this.quota.status({ tenantId });
    return limits.find(({ resource }) => resource === RESOURCE)?.used ?? 0;
  }
}

/** Exactly one of the two. */
export function checkChange({ delta, total }: StorageDto): StorageDto {
  if ((delta === undefined) === (total === undefined)) {
    throw new Problem('invalid_request', 'Send either delta or total.');
  }
  return { delta, total };
}
