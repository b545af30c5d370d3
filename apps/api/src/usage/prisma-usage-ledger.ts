import { Injectable } from '@nestjs/common';
import { LookupPrisma } from 'fairshare/prisma';
import type { LedgerEntry, TenantId, UsageLedger } from 'fairshare/quota';
import { type LedgerRow, mergeInto, UsageBuffer } from './usage-buffer.js';

const LEVEL_HAS_NO_WINDOW = new Date(0);

/**
 * Counters of a tenant that Redis knows nothing of, from PostgreSQL and what this node has not written yet: of other
 * nodes, at most a second older than what was lost. It waits for no write. One reading serves every request that asks
 * for the tenant meanwhile.
 */
@Injectable()
export class PrismaUsageLedger implements UsageLedger {
  private readonly readings = new Map<TenantId, Promise<readonly LedgerEntry[]>>();

  constructor(
    private readonly prisma: LookupPrisma,
    private readonly buffer: UsageBuffer,
  ) {}

  load(tenantId: TenantId): Promise<readonly LedgerEntry[]> {
    let reading = this.readings.get(tenantId);
    if (!reading) {
      reading = this.read(tenantId).finally(() => this.readings.delete(tenantId));
      this.readings.set(tenantId, reading);
    }
    return reading;
  }

  private async read(tenantId: TenantId): Promise<LedgerEntry[]> {
    // Taken before the reading: whatever is written meanwhile is in one of the two, or in both.
    const unwritten = this.buffer.unwritten(tenantId);
    // Which windows still run is judged by Redis time; a day of slack is beyond any clock that is off.
    const yesterday = new Date(Date.now() - 86_400_000);
    const rows = await this.prisma.usageLedger.findMany({
      select: { limitId: true, windowEnd: true, used: true, updatedAt: true, resetAt: true },
      where: { tenantId, OR: [{ windowEnd: LEVEL_HAS_NO_WINDOW }, { windowEnd: { gt: yesterday } }] },
    });
    const entries = new Map<string, LedgerRow>();
    for (const { limitId, windowEnd, used, updatedAt, resetAt } of rows)
      mergeInto(entries, {
        tenantId,
        limitId,
        windowEndMs: windowEnd.getTime(),
        used: Number(used),
        decidedAtMs: updatedAt.getTime(),
        resetAtMs: resetAt.getTime(),
        overrun: 0,
      });
    for (const row of unwritten) mergeInto(entries, row);
    return [...entries.values()].map(({ limitId, windowEndMs, used }) => ({ limitId, windowEndMs, used }));
  }
}
