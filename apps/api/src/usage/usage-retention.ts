import { Inject, Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { PrismaService } from 'fairshare/prisma';
import { Environment } from '../config/environment.js';

const DAY_MS = 86_400_000;

/** Forgets windows that ended over two days ago, and history older than USAGE_RETENTION_DAYS; any node may do it. */
@Injectable()
export class UsageRetention {
  private readonly logger = new Logger('UsageRetention');

  constructor(
    private readonly prisma: PrismaService,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  @Cron(CronExpression.EVERY_HOUR, { name: 'usage-retention' })
  async forgetDue(): Promise<void> {
    await this.forget(new Date()).catch((error: unknown) => {
      this.logger.warn(`Old use stays for another hour: ${String(error)}`);
    });
  }

  async forget(now: Date): Promise<void> {
    const windows = new Date(now.getTime() - 2 * DAY_MS);
    const hours = new Date(now.getTime() - this.environment.USAGE_RETENTION_DAYS * DAY_MS);
    await this.prisma.usageLedger.deleteMany({ where: { windowEnd: { gt: new Date(0), lt: windows } } });
    await this.prisma.usageHistory.deleteMany({ where: { hour: { lt: hours } } });
  }
}
