import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import type { LimitState, TenantId } from 'fairshare/quota';
import { UsageWriter } from './usage-writer.js';

/** How much of a tenant's true cost lies beyond each limit, in the window that runs now. */
export type OverrunOf = (limit: LimitState) => number | null;

/** Beyond any difference of clocks; which window runs is judged by Redis time. */
const SLACK_MS = 86_400_000;

/** What was truly spent and no counter has, because its limit was reached. Other nodes' overruns come within a second. */
@Injectable()
export class Overruns {
  constructor(
    private readonly prisma: PrismaService,
    private readonly writer: UsageWriter,
  ) {}

  /** Never rejects: where PostgreSQL cannot be read, no overrun is known. */
  async of(tenantId: TenantId): Promise<OverrunOf> {
    const known = await this.read(tenantId).catch(() => undefined);
    return (limit) => {
      if (!known || limit.kind !== 'window') return null;
      return known.get(keyOf(limit.id, limit.resetsAtMs ?? 0)) ?? 0;
    };
  }

  private async read(tenantId: TenantId): Promise<Map<string, number>> {
    await this.writer.flush();
    const rows = await this.prisma.usageLedger.findMany({
      where: { tenantId, overrun: { gt: 0 }, windowEnd: { gt: new Date(Date.now() - SLACK_MS) } },
      select: { limitId: true, windowEnd: true, overrun: true },
    });
    return new Map(
      rows.map(({ limitId, windowEnd, overrun }) => [keyOf(limitId, windowEnd.getTime()), Number(overrun)]),
    );
  }
}

function keyOf(limitId: number, windowEndMs: number): string {
  return `${limitId} ${windowEndMs}`;
}
