import { Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { IdempotencyStore } from './idempotency-store.js';

/** Forgets answers older than a day; any node may do it. */
@Injectable()
export class IdempotencyRetention {
  private readonly logger = new Logger('IdempotencyRetention');

  constructor(private readonly store: IdempotencyStore) {}

  @Cron(CronExpression.EVERY_HOUR, { name: 'idempotency-retention' })
  async forgetDue(): Promise<void> {
    await this.store.forgetExpired(new Date()).catch((error: unknown) => {
      this.logger.warn(`Old answers stay for another hour: ${String(error)}`);
    });
  }
}
