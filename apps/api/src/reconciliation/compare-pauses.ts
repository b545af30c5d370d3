import { Injectable } from '@nestjs/common';
import { BackgroundPrisma } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { QueuePauses } from '../queue/queue-pauses.js';
import type { Comparison, Pass } from './pass.js';

/** What an operator paused stays paused, though Redis forgot it. */
@Injectable()
export class ComparePauses implements Comparison {
  constructor(
    private readonly queue: FairQueue,
    private readonly pauses: QueuePauses,
    private readonly prisma: BackgroundPrisma,
  ) {}

  async compare(pass: Pass): Promise<void> {
    for (const tenantId of await this.pauses.all()) {
      if (await this.isPaused(tenantId)) continue;
      await pass.found('pause_forgotten', tenantId ?? 'all tenants', () => this.pause(tenantId));
    }
    if (pass.memory.isOlder) await this.resumeForgotten(pass);
  }

  private async pause(tenantId: string | null): Promise<boolean> {
    await (tenantId === null ? this.queue.pauseAll() : this.queue.pause(tenantId));
    if (await this.pauses.has(tenantId)) return true;
    // It was resumed meanwhile.
    await this.resume(tenantId);
    return false;
  }

  /** An older memory may hold pauses that have ended since. */
  private async resumeForgotten(pass: Pass): Promise<void> {
    const waiting = await this.prisma.$queryRaw<{ tenantId: string }[]>`
      SELECT DISTINCT tenant_id AS "tenantId" FROM jobs WHERE state IN ('waiting', 'failed', 'running')`;
    for (const tenantId of [null, ...waiting.map((row) => row.tenantId)]) {
      if (!(await this.isPaused(tenantId)) || (await this.pauses.has(tenantId))) continue;
      const name = `${tenantId ?? 'all tenants'} (resumed)`;
      await pass.found('pause_forgotten', name, async () => {
        await this.resume(tenantId);
        return true;
      });
    }
  }

  private async resume(tenantId: string | null): Promise<void> {
    await (tenantId === null ? this.queue.resumeAll() : this.queue.resume(tenantId));
  }

  private async isPaused(tenantId: string | null): Promise<boolean> {
    const { paused } = await (tenantId === null ? this.queue.stats() : this.queue.tenantStats(tenantId));
    return paused;
  }
}
