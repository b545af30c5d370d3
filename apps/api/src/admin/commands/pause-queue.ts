import { Injectable } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { knownTenant } from '../changes/known-names.js';
import type { Command, CommandDoer, Order, Step } from './command.js';

/** Pauses or resumes one line, or all of them. */
@Injectable()
export class PauseQueue implements CommandDoer {
  readonly actions = ['queue.pause', 'queue.resume'] as const;

  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
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
    if (tenantId === null) await (isPause ? this.queue.pauseAll() : this.queue.resumeAll());
    else await (isPause ? this.queue.pause(tenantId) : this.queue.resume(tenantId));
    return { progress: {}, isLast: true };
  }
}
