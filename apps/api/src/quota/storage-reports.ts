import { Injectable } from '@nestjs/common';
import { parseOperationId, QuotaService, type TenantId } from 'fairshare/quota';
import { Problem } from '../http/problem.js';
import { quotaProblem } from '../http/quota-problem.js';
import { limitView } from './limit-view.js';
import type { StorageAnswerDto, StorageDto } from './quota.dto.js';

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

  async report({ tenantId, change, operationId }: StorageReport): Promise<StorageAnswerDto> {
    const { delta, total } = change;
    if ((delta === undefined) === (total === undefined)) {
      throw new Problem('invalid_request', 'Send either delta or total.');
    }
    const decision = await this.quota.adjust({
      tenantId,
      resource: 'storage_bytes',
      ...(delta === undefined ? { total: total! } : { delta }),
      ...(operationId === undefined ? {} : { operationId: parseOperationId(operationId) }),
    });
    if (!decision.allowed) throw quotaProblem(decision);
    return {
      unlimited: [...decision.unlimited],
      limits: decision.limits.filter(({ resource }) => resource === 'storage_bytes').map(limitView),
    };
  }
}
