import { Injectable, Logger } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';

const AT_ONCE = 50;

interface Share {
  readonly id: string;
  readonly weight: number;
}

/**
 * Tells the queue of changes that are committed: the new weight counts for jobs already waiting, and who was parked is
 * tried again. What cannot be told now is learnt when the park ends and with the next job.
 */
@Injectable()
export class QueueFollows {
  private readonly logger = new Logger('QueueFollows');

  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
  ) {}

  async tenant(id: string): Promise<void> {
    await this.follow(
      await this.prisma.$queryRaw<Share[]>`
        SELECT tenants.id, COALESCE(tenants.weight, tiers.weight) AS weight
        FROM tenants JOIN tiers ON tiers.name = tenants.tier_name WHERE tenants.id = ${id}`,
    );
  }

  /** Every tenant of the tier that has unfinished jobs. */
  async tier(name: string): Promise<void> {
    await this.follow(
      await this.prisma.$queryRaw<Share[]>`
        SELECT DISTINCT tenants.id, COALESCE(tenants.weight, tiers.weight) AS weight
        FROM jobs JOIN tenants ON tenants.id = jobs.tenant_id JOIN tiers ON tiers.name = tenants.tier_name
        WHERE jobs.state IN ('waiting', 'running', 'failed') AND tenants.tier_name = ${name}`,
    );
  }

  private async follow(shares: readonly Share[]): Promise<void> {
    for (let at = 0; at < shares.length; at += AT_ONCE) {
      const told = shares
        .slice(at, at + AT_ONCE)
        .flatMap(({ id, weight }) => [this.queue.setWeight(id, weight), this.queue.unpark(id)]);
      const failed = (await Promise.allSettled(told)).find(({ status }) => status === 'rejected');
      if (failed)
        this.logger.warn(
          `The queue could not be told of a change: ${String((failed as PromiseRejectedResult).reason)}`,
        );
    }
  }
}
