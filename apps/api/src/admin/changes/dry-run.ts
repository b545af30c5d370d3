import { applyDecorators, Injectable } from '@nestjs/common';
import { ApiExtraModels, ApiQuery } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Prisma } from 'fairshare/prisma';
import { PrismaService } from 'fairshare/prisma';
import { Problem } from '../../problems/problem.js';
import { QuotaPressure } from '../../usage/quota-pressure.js';
import { DryRunDto } from './dry-run.dto.js';

const MOST_OVER = 100;

/** Whom a change concerns. */
export type Concerned = { readonly tier: string } | { readonly tenantId: string } | 'all' | 'nobody';

/** What can be made and taken back. */
export interface Rehearsal {
  readonly make: (tx: Prisma.TransactionClient) => Promise<{ before: unknown; after: unknown }>;
  readonly concerned: Concerned;
}

/** The route takes ?dry_run=true; whoever answers it asks `isDryRun`. Its answer is in the contract by itself. */
export function MayBeDryRun(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(DryRunDto),
    ApiQuery({
      name: 'dry_run',
      required: false,
      schema: { type: 'boolean', default: false },
      description: 'true: change nothing, and say what would change and for whom',
    }),
  );
}

export function isDryRun({ query }: FastifyRequest): boolean {
  const { dry_run: text } = query as { dry_run?: string };
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw new Problem('invalid_request', 'dry_run must be true or false.');
}

/** Carries the answer out of the transaction that must not be committed. */
class RolledBack extends Error {
  constructor(readonly answer: DryRunDto) {
    super('A dry run is rolled back');
  }
}

/** Makes a change, looks at what it did, and takes it back: the very code that would make it says what it would do. */
@Injectable()
export class DryRun {
  constructor(
    private readonly prisma: PrismaService,
    private readonly pressure: QuotaPressure,
  ) {}

  async of({ make, concerned }: Rehearsal): Promise<DryRunDto> {
    try {
      await this.prisma.$transaction(async (tx) => {
        // A tenant that is removed is counted before, one that is added after.
        const before = await tenantsOf(tx, concerned);
        const made = await make(tx);
        const tenants = Math.max(before, await tenantsOf(tx, concerned));
        throw new RolledBack({
          dry_run: true,
          before: made.before,
          after: made.after,
          tenants,
          over: await this.over(tx, concerned),
        });
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.answer;
      throw error;
    }
    throw new Error('A dry run was committed');
  }

  private async over(tx: Prisma.TransactionClient, concerned: Concerned): Promise<DryRunDto['over']> {
    if (typeof concerned === 'string') return [];
    const over = await this.pressure.over({ ...concerned, limit: MOST_OVER }, tx);
    return over.map(({ tenantId, limitName, used, limit }) => ({
      tenant_id: tenantId,
      name: limitName,
      used,
      limit,
    }));
  }
}

async function tenantsOf(tx: Prisma.TransactionClient, concerned: Concerned): Promise<number> {
  if (concerned === 'nobody') return 0;
  if (concerned === 'all') return tx.tenant.count();
  return tx.tenant.count({
    where: 'tier' in concerned ? { tierName: concerned.tier } : { id: concerned.tenantId },
  });
}
