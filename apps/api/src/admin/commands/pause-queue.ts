import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { QueuePauses } from '../../queue/queue-pauses.js';
import { knownTenant } from '../changes/known-names.js';
import type { Command, CommandDoer, Order, Step } from './command.js';

/** Pauses or resumes one line, or all of them. */
@Injectable()
export class PauseQueue implements CommandDoer {
  readonly actions = ['queue.pause', 'queue.resume'] as const;

  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
    private readonly pauses: QueuePauses,
  ) {}

  async check({ tenantId }: Order): Promise<void> {
    if (tenantId !== null) await knownTenant(this.prisma, tenantId);
  }

  async look({ tenantId }: Order): Promise<{ paused: boolean }> {
    const { paused } = tenantId === null ? await this.queue.stats() : await this.queue.tenantStats(tenantId);
    return { paused };
  }

  foresee({ action }: Order): { paused: boolean } {
    return { paused: action === 'queue.pause' };
  }

  async step({ action, tenantId }: Command): Promise<Step> {
    const isPause = action === 'queue.pause';
    // PostgreSQL first: Redis is told again of what it forgets.
    await (isPause ? this.pauses.add(tenantId) : this.pauses.remove(tenantId));
    if (tenantId === null) await (isPause ? this.queue.pauseAll() : this.queue.resumeAll());
    else await (isPause ? this.queue.pause(tenantId) : this.queue.resume(tenantId));
    return { progress: {}, isLast: true };
  }
}
