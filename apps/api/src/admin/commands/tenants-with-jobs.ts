import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import type { JobState } from 'fairshare/queue';

/** The tenants that have jobs in certain states, by the journal, one after the other. */
@Injectable()
export class TenantsWithJobs {
  constructor(private readonly prisma: PrismaService) {}

  /** The next tenant by id; undefined where none follows. */
  async after(cursor: string | undefined, states: JobState[]): Promise<string | undefined> {
    const [row] = await this.prisma.job.findMany({
      where: { state: { in: states }, ...(cursor === undefined ? {} : { tenantId: { gt: cursor } }) },
      orderBy: { tenantId: 'asc' },
      take: 1,
      select: { tenantId: true },
    });
    return row?.tenantId;
  }
}
