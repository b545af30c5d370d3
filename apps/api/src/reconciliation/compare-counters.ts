import { Injectable } from '@nestjs/common';
import { BackgroundPrisma } from 'fairshare/prisma';
import {
  type LedgerEntry,
  parseTenantId,
  QuotaService,
  type QuotaStatus,
  type Restored,
  type TenantId,
  UnknownTenantError,
  windowEndOf,
} from 'fairshare/quota';
import { UsageBuffer } from '../usage/usage-buffer.js';
import { UsageWriter } from '../usage/usage-writer.js';
import type { Comparison, Pass } from './pass.js';

const TENANTS_AT_ONCE = 100;

interface LedgerRow extends LedgerEntry {
  readonly resetAtMs: number;
}

/** Ledger ↔ counters, within the windows that run: the use of a window is what the greater of them says. */
@Injectable()
export class CompareCounters implements Comparison {
  constructor(
    private readonly prisma: BackgroundPrisma,
    private readonly quota: QuotaService,
    private readonly buffer: UsageBuffer,
    private readonly writer: UsageWriter,
  ) {}

  async compare(pass: Pass): Promise<void> {
    // What this node has not written yet belongs to the ledger too.
    await this.writer.flush();
    for (let after = ''; ;) {
      const page = await this.tenantsAfter(after);
      for (const tenantId of page) await this.compareTenant(pass, parseTenantId(tenantId));
      if (page.length < TENANTS_AT_ONCE) break;
      after = page.at(-1)!;
    }
    await this.writer.flush();
  }

  private async compareTenant(pass: Pass, tenantId: TenantId): Promise<void> {
    const entries = await this.entriesOf(tenantId);
    let status: QuotaStatus;
    try {
      status = await this.quota.status({ tenantId });
    } catch (error) {
      if (error instanceof UnknownTenantError) return;
      throw error;
    }
    for (const limit of status.limits) {
      const windowEndMs = windowEndOf(limit);
      const entry = entries.find((one) => one.limitId === limit.id && one.windowEndMs === windowEndMs);
      if (windowEndMs === undefined || (!entry && limit.used === 0)) continue;
      const name = `${limit.name} of ${tenantId}`;
      const remembered = entry?.used ?? 0;
      const isBehind =
        windowEndMs === 0 ? pass.memory.isOlder && remembered !== limit.used : remembered > limit.used;
      if (entry && isBehind) {
        await pass.found('counter_behind_ledger', name, () => this.restore(tenantId, entry));
      } else if (limit.used !== remembered && pass.isConfirmed(`ledger ${name} ${limit.used}`)) {
        await pass.found('ledger_behind_counter', name, () => this.note(tenantId, status, limit.id));
      }
    }
  }

  /** A reset that came meanwhile is not undone. */
  private async restore(tenantId: TenantId, entry: LedgerRow): Promise<boolean> {
    const restored = await this.quota.restore({ tenantId, entries: [entry] });
    const now = (await this.entriesOf(tenantId)).find(
      ({ limitId, windowEndMs }) => limitId === entry.limitId && windowEndMs === entry.windowEndMs,
    );
    if (now?.resetAtMs === entry.resetAtMs) return restored.length > 0;
    await this.resetAgain(tenantId, restored);
    return false;
  }

  private async resetAgain(tenantId: TenantId, restored: readonly Restored[]): Promise<void> {
    const { limits } = await this.quota.status({ tenantId });
    const names = limits
      .filter(({ id }) => restored.some(({ limitId }) => limitId === id))
      .map(({ name }) => name);
    if (names.length > 0) await this.quota.reset({ tenantId, limits: names });
  }

  private async note(
    tenantId: TenantId,
    { limits, decidedAtMs }: QuotaStatus,
    limitId: number,
  ): Promise<boolean> {
    const limit = limits.find(({ id }) => id === limitId)!;
    const charged = limit.kind === 'level' ? { [limit.resource]: limit.used } : {};
    const verb = limit.kind === 'level' ? 'adjust' : 'extend';
    const outcome = 'adjusted';
    this.buffer.recorded({ tenantId, verb, outcome, limits: [limit], charged, overruns: [], decidedAtMs });
    return true;
  }

  /** Tenants whose counters are remembered, by id, and have no reset under way: it lowers the counter before the ledger. */
  private async tenantsAfter(after: string): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ tenantId: string }[]>`
      SELECT DISTINCT tenant_id AS "tenantId" FROM usage_ledger AS ledger
      WHERE tenant_id > ${after} AND (window_end > now() OR window_end = to_timestamp(0))
        AND NOT EXISTS (SELECT FROM admin_commands WHERE action IN ('quota.reset', 'tenant.clear')
          AND state = 'running' AND admin_commands.tenant_id = ledger.tenant_id)
      ORDER BY 1 LIMIT ${TENANTS_AT_ONCE}`;
    return rows.map(({ tenantId }) => tenantId);
  }

  private async entriesOf(tenantId: string): Promise<LedgerRow[]> {
    const rows = await this.prisma.usageLedger.findMany({
      select: { limitId: true, windowEnd: true, used: true, resetAt: true },
      where: { tenantId },
    });
    return rows.map(({ limitId, windowEnd, used, resetAt }) => ({
      limitId,
      windowEndMs: windowEnd.getTime(),
      used: Number(used),
      resetAtMs: resetAt.getTime(),
    }));
  }
}
