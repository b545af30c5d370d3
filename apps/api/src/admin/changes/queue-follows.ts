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
 * tried again. Gives false for what cannot be told now, which is learnt when the park ends and with the next job.
 */
@Injectable()
export class QueueFollows {
  private readonly logger = new Logger('QueueFollows');

  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
  ) {}

  tenant(id: string): Promise<boolean> {
    return this.follow(
      this.prisma.$queryRaw<Share[]>`
        SELECT tenants.id, COALESCE(tenants.weight, tiers.weight) AS weight
        FROM tenants JOIN tiers ON tiers.name = tenants.tier_name WHERE tenants.id = ${id}`,
    );
  }

  /** Every tenant of the tier that has unfinished jobs. */
  tier(name: string): Promise<boolean> {
    return this.follow(
      this.prisma.$queryRaw<Share[]>`
        SELECT DISTINCT tenants.id, COALESCE(tenants.weight, tiers.weight) AS weight
        FROM jobs JOIN tenants ON tenants.id = jobs.tenant_id JOIN tiers ON tiers.name = tenants.tier_name
        WHERE jobs.state IN ('waiting', 'running', 'failed') AND tenants.tier_name = ${name}`,
    );
  }

  private async follow(read: Promise<readonly Share[]>): Promise<boolean> {
    try {
      const shares = await read;
      for (let at = 0; at < shares.length; at += AT_ONCE) await this.tell(shares.slice(at, at + AT_ONCE));
      return true;
    } catch (error) {
      this.logger.warn(`The queue could not be told of a change: ${String(error)}`);
      return false;
    }
  }

  private async tell(shares: readonly Share[]): Promise<void> {
    await Promise.all(
      shares.flatMap(({ id, weight }) => [this.queue.setWeight(id, weight), this.queue.unpark(id)]),
    );
  }
}
