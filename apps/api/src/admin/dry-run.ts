import { Injectable } from '@nestjs/common';
import type { Prisma } from 'fairshare/prisma';
import { PrismaService } from 'fairshare/prisma';
import { QuotaPressure } from '../usage/quota-pressure.js';
import type { Change } from './config-change.js';
import type { DryRunDto } from './dry-run.dto.js';

const MOST_OVER = 100;

/** Whom a change concerns. */
export type Concerned = { readonly tier: string } | { readonly tenantId: string };

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

  async of<T>({ make }: Pick<Change<T>, 'make'>, concerned: Concerned): Promise<DryRunDto> {
    try {
      await this.prisma.$transaction(async (tx) => {
        const { before, after } = await make(tx);
        throw new RolledBack({ dry_run: true, before, after, ...(await this.effect(tx, concerned)) });
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.answer;
      throw error;
    }
    throw new Error('A dry run was committed');
  }

  private async effect(
    tx: Prisma.TransactionClient,
    concerned: Concerned,
  ): Promise<Pick<DryRunDto, 'tenants' | 'over'>> {
    const where = 'tier' in concerned ? { tierName: concerned.tier } : { id: concerned.tenantId };
    const [tenants, over] = [
      await tx.tenant.count({ where }),
      await this.pressure.over({ ...concerned, limit: MOST_OVER }, tx),
    ];
    return {
      tenants,
      over: over.map(({ tenantId, limitName, used, limit }) => ({
        tenant_id: tenantId,
        name: limitName,
        used,
        limit,
      })),
    };
  }
}
