import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { parseTenantId, QuotaService } from 'fairshare/quota';
import { Problem } from '../../problems/problem.js';
import { UsageWriter } from '../../usage/usage-writer.js';
import { knownTenant } from '../changes/known-names.js';
import { QueueFollows } from '../changes/queue-follows.js';
import type { Command, CommandDoer, Order, Step } from './command.js';

/** Returns a tenant's counters to 0: those of the limits that are named, or all of them with every open hold. */
@Injectable()
export class ResetQuota implements CommandDoer {
  readonly actions = ['quota.reset'] as const;

  constructor(
    private readonly prisma: PrismaService,
    private readonly quota: QuotaService,
    private readonly follows: QueueFollows,
    private readonly usage: UsageWriter,
  ) {}

  async check({ tenantId, args }: Order): Promise<void> {
    await knownTenant(this.prisma, tenantId!);
    const { limits } = await this.quota.status({ tenantId: parseTenantId(tenantId!) });
    const names = limits.map(({ name }) => name);
    const unknown = args?.limits?.find((name) => !names.includes(name));
    if (unknown === undefined) return;
    throw new Problem(
      'invalid_request',
      `The tenant has no limit named ${JSON.stringify(unknown)}; it has ${names.join(', ')}.`,
    );
  }

  /** What is used of each limit that is named. */
  async look({ tenantId, args }: Order): Promise<{ used: Record<string, number> }> {
    const { limits } = await this.quota.status({ tenantId: parseTenantId(tenantId!) });
    const named = limits.filter(({ name }) => args?.limits?.includes(name) ?? true);
    return { used: Object.fromEntries(named.map(({ name, used }) => [name, used])) };
  }

  foresee(_order: Order, { used }: Record<string, unknown>): Record<string, unknown> {
    return { used: Object.fromEntries(Object.keys(used as object).map((name) => [name, 0])) };
  }

  async step({ tenantId, args }: Command): Promise<Step> {
    await this.quota.reset({ tenantId: parseTenantId(tenantId!), limits: args.limits && [...args.limits] });
    // Until the ledger knows of it, the reconciler would take the counters for lost: the command has not ended before.
    await this.usage.flush();
    await this.follows.tenant(tenantId!);
    return { progress: {}, isLast: true };
  }
}
