import { Injectable } from '@nestjs/common';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { lineView } from './line-view.js';
import type { TenantLineDto } from './queue.dto.js';

interface Row {
  readonly id: string;
  readonly queueDepth: number;
}

/** The tenants with most unfinished jobs, by the journal; each line itself is read from the queue. */
@Injectable()
export class LongestLines {
  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
  ) {}

  async find(limit: number): Promise<TenantLineDto[]> {
    const rows = await this.prisma.$queryRaw<Row[]>(Prisma.sql`
      SELECT tenants.id, tiers.queue_depth AS "queueDepth"
      FROM jobs JOIN tenants ON tenants.id = jobs.tenant_id JOIN tiers ON tiers.name = tenants.tier_name
      WHERE jobs.state IN ('waiting', 'running', 'failed')
      GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT ${limit}`);
    return Promise.all(
      rows.map(async ({ id, queueDepth }) => lineView(await this.queue.tenantStats(id), queueDepth)),
    );
  }
}
