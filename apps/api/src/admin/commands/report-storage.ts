import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { parseTenantId } from 'fairshare/quota';
import { StorageReports } from '../../quota/storage-reports.js';
import { knownTenant } from '../changes/known-names.js';
import type { Command, CommandArgs, CommandDoer, Order, Step } from './command.js';

/** Moves a tenant's storage as the operator measured it, once, however often the step is repeated. */
@Injectable()
export class ReportStorage implements CommandDoer {
  readonly actions = ['storage.report'] as const;

  constructor(
    private readonly prisma: PrismaService,
    private readonly reports: StorageReports,
  ) {}

  async check({ tenantId }: Order): Promise<void> {
    await knownTenant(this.prisma, tenantId!);
  }

  async look({ tenantId }: Order): Promise<{ storage_bytes: number }> {
    return { storage_bytes: await this.reports.used(parseTenantId(tenantId!)) };
  }

  foresee({ args }: Order, { storage_bytes: before }: Record<string, unknown>): Record<string, unknown> {
    return { storage_bytes: Math.max(0, args?.total ?? Number(before) + (args?.delta ?? 0)) };
  }

  /** Where a report was refused, the quota's own words say why. */
  async refuse({ tenantId, args }: Order): Promise<void> {
    await this.reports.foresee({ tenantId: parseTenantId(tenantId!), change: changeOf(args) });
  }

  async step({ id, tenantId, args }: Command): Promise<Step> {
    const operationId = args.operation_id ?? `storage.${id}`;
    await this.reports.report({ tenantId: parseTenantId(tenantId!), change: changeOf(args), operationId });
    return { progress: {}, isLast: true };
  }
}

function changeOf({ delta, total }: CommandArgs = {}): { delta?: number; total?: number } {
  return { delta, total };
}
