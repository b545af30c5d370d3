import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';

const ALL = '';

/** What operators paused, kept in PostgreSQL: Redis may forget it. `null` is the pause of all tenants. */
@Injectable()
export class QueuePauses {
  constructor(private readonly prisma: PrismaService) {}

  async all(): Promise<(string | null)[]> {
    const rows = await this.prisma.queuePause.findMany({
      select: { tenantId: true },
      orderBy: { tenantId: 'asc' },
    });
    return rows.map(({ tenantId }) => (tenantId === ALL ? null : tenantId));
  }

  async has(tenantId: string | null): Promise<boolean> {
    return (await this.prisma.queuePause.count({ where: { tenantId: tenantId ?? ALL } })) > 0;
  }

  async add(tenantId: string | null): Promise<void> {
    const row = { tenantId: tenantId ?? ALL };
    await this.prisma.queuePause.createMany({ data: [row], skipDuplicates: true });
  }

  async remove(tenantId: string | null): Promise<void> {
    await this.prisma.queuePause.deleteMany({ where: { tenantId: tenantId ?? ALL } });
  }
}
