import { Injectable } from '@nestjs/common';
import { LookupPrisma } from 'fairshare/prisma';
import type { LedgerEntry, TenantId, UsageLedger } from 'fairshare/quota';
import { UsageWriter } from './usage-writer.js';

const LEVEL_HAS_NO_WINDOW = new Date(0);

/**
 * Counters of a tenant that Redis knows nothing of, from PostgreSQL: at most a second older than what was lost. One
 * reading serves every request that asks for the tenant meanwhile.
 */
@Injectable()
export class PrismaUsageLedger implements UsageLedger {
  private readonly readings = new Map<TenantId, Promise<readonly LedgerEntry[]>>();

  constructor(
    private readonly prisma: LookupPrisma,
    private readonly writer: UsageWriter,
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
    // What this node has not written yet belongs to it too.
    await this.writer.flush();
    // Which windows still run is judged by Redis time; a day of slack is beyond any clock that is off.
    const yesterday = new Date(Date.now() - 86_400_000);
    const rows = await this.prisma.usageLedger.findMany({
      select: { limitId: true, windowEnd: true, used: true },
      where: { tenantId, OR: [{ windowEnd: LEVEL_HAS_NO_WINDOW }, { windowEnd: { gt: yesterday } }] },
    });
    return rows.map(({ limitId, windowEnd, used }) => ({
      limitId,
      windowEndMs: windowEnd.getTime(),
      used: Number(used),
    }));
  }
}
