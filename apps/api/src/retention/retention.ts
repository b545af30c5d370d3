import { Inject, Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { BackgroundPrisma, type Prisma } from 'fairshare/prisma';
import { Environment } from '../config/environment.js';

const DAY_MS = 86_400_000;
const ROWS_AT_ONCE = 500;
const TENANTS_AT_ONCE = 100;
/** A pause after each batch, in ms: what tenants ask for goes first. */
const PAUSE_MS = 20;
/** How long the queue keeps a dead job for requeue, in days: its row must be there. */
const DEAD_DAYS = 7;
/** Names this work among the advisory locks of the database. */
const LOCK = 724_366_001;

/**
 * Deletes what is old, in small batches: rows of ended jobs (by age and by number of a tenant), of the audit log, of
 * operators' commands that have ended, of answers kept for an Idempotency-Key, and of use. Every node tries; a batch is deleted by one of them at a time.
 */
@Injectable()
export class Retention {
  private readonly logger = new Logger('Retention');
  private running: Promise<void> | undefined;

  constructor(
    private readonly prisma: BackgroundPrisma,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  @Cron(CronExpression.EVERY_5_MINUTES, { name: 'retention' })
  async forgetDue(): Promise<void> {
    this.running ??= this.forget(new Date()).finally(() => (this.running = undefined));
    await this.running.catch((error: unknown) => {
      this.logger.warn(`Old rows stay for another five minutes: ${String(error)}`);
    });
  }

  async forget(now: Date): Promise<void> {
    const { JOB_ROW_RETENTION_DAYS, AUDIT_RETENTION_DAYS, COMMAND_RETENTION_DAYS, USAGE_RETENTION_DAYS } =
      this.environment;
    const ago = (days: number) => new Date(now.getTime() - days * DAY_MS);
    const deadBefore = ago(Math.max(DEAD_DAYS, JOB_ROW_RETENTION_DAYS));
    await this.batches(
      (tx) => tx.$executeRaw`DELETE FROM jobs WHERE id IN (SELECT id FROM jobs
      WHERE finished_at < ${ago(JOB_ROW_RETENTION_DAYS)} AND state IN ('succeeded', 'cancelled', 'expired', 'dead')
      AND (state <> 'dead' OR finished_at < ${deadBefore}) ORDER BY finished_at LIMIT ${ROWS_AT_ONCE})`,
    );
    await this.forgetCrowds();
    await this.batches(
      (tx) => tx.$executeRaw`DELETE FROM idempotency_keys WHERE (tenant_id, key_hash) IN (
      SELECT tenant_id, key_hash FROM idempotency_keys WHERE expires_at < ${now} LIMIT ${ROWS_AT_ONCE})`,
    );
    await this.batches(
      (tx) => tx.$executeRaw`DELETE FROM usage_ledger WHERE (tenant_id, limit_id, window_end) IN (
      SELECT tenant_id, limit_id, window_end FROM usage_ledger
      WHERE window_end > ${new Date(0)} AND window_end < ${ago(2)} LIMIT ${ROWS_AT_ONCE})`,
    );
    await this.batches(
      (tx) => tx.$executeRaw`DELETE FROM usage_history WHERE (tenant_id, resource, hour) IN (
      SELECT tenant_id, resource, hour FROM usage_history WHERE hour < ${ago(USAGE_RETENTION_DAYS)} LIMIT ${ROWS_AT_ONCE})`,
    );
    await this.batches(
      (tx) => tx.$executeRaw`DELETE FROM admin_commands WHERE id IN (SELECT id FROM admin_commands
      WHERE finished_at < ${ago(COMMAND_RETENTION_DAYS)} AND state <> 'running' ORDER BY created_at LIMIT ${ROWS_AT_ONCE})`,
    );
    await this.batches(async (tx) => {
      const [row] = await tx.$queryRaw<{ pruned: number }[]>`
        SELECT prune_audit(${ago(AUDIT_RETENTION_DAYS)}, ${ROWS_AT_ONCE}) AS pruned`;
      return row!.pruned;
    });
  }

  /** Of a tenant with more ended jobs than it may keep, the oldest go. */
  private async forgetCrowds(): Promise<void> {
    const { MAX_ENDED_JOBS_PER_TENANT: most } = this.environment;
    const crowds = await this.prisma.$queryRaw<{ tenant_id: string }[]>`
      SELECT tenant_id FROM jobs WHERE finished_at IS NOT NULL AND state <> 'dead'
      GROUP BY tenant_id HAVING count(*) > ${most} ORDER BY count(*) DESC LIMIT ${TENANTS_AT_ONCE}`;
    for (const { tenant_id: tenantId } of crowds) {
      await this.batches(
        (tx) => tx.$executeRaw`DELETE FROM jobs WHERE id IN (SELECT id FROM jobs
        WHERE tenant_id = ${tenantId} AND finished_at IS NOT NULL AND state <> 'dead'
        ORDER BY finished_at DESC, id OFFSET ${most} LIMIT ${ROWS_AT_ONCE})`,
      );
    }
  }

  /** Until a batch is not full, or another node is at it. */
  private async batches(deleteSome: (tx: Prisma.TransactionClient) => Promise<number>): Promise<void> {
    for (;;) {
      const deleted = await this.prisma.$transaction(async (tx) => {
        const [lock] = await tx.$queryRaw<
          { got: boolean }[]
        >`SELECT pg_try_advisory_xact_lock(${LOCK}) AS got`;
        return lock!.got ? deleteSome(tx) : 0;
      });
      if (deleted < ROWS_AT_ONCE) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
