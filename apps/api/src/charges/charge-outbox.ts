import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import {
  chargeTruth,
  type DoneOperation,
  type Overrun,
  QuotaService,
  QuotaUnavailableError,
} from 'fairshare/quota';
import { PendingCharges } from './pending-charges.js';

/** How often due charges are looked for while this node knows of some, in ms; else at every tenth turn. */
const LOOK_EVERY_MS = 1_000;
const IDLE_TURNS = 10;

/** `pending`: the quota does not answer now; it is charged as soon as it does. `void`: nobody is left to charge. */
export interface Charge {
  readonly state: 'charged' | 'pending' | 'void';
  /** What lies beyond a limit, and its counter does not have. */
  readonly overruns: readonly Overrun[];
}

/**
 * Charges what was done, once. What cannot be charged now is kept in PostgreSQL under its operation id, and charged by
 * any node once the quota answers; where PostgreSQL is away too, this process keeps it in memory until one of the two
 * is back. Charging an operation again changes nothing, so that a lost reply costs nobody twice.
 */
@Injectable()
export class ChargeOutbox implements OnApplicationShutdown {
  private readonly logger = new Logger('ChargeOutbox');
  /** What PostgreSQL could not take yet, by operation. */
  private readonly kept = new Map<string, DoneOperation>();
  private draining: Promise<void> | undefined;
  private isLate = false;
  private turns = 0;

  constructor(
    private readonly quota: QuotaService,
    private readonly rows: PendingCharges,
  ) {}

  /** Never rejects: an answer that exists is given, whatever becomes of its charge. */
  async charge(operation: DoneOperation): Promise<Charge> {
    try {
      return { state: 'charged', overruns: await chargeTruth(this.quota, operation) };
    } catch (error) {
      const isLate = error instanceof QuotaUnavailableError;
      if (isLate) await this.keep(operation);
      else this.tellVoid(operation, error);
      return { state: isLate ? 'pending' : 'void', overruns: [] };
    }
  }

  /** Charges that this process keeps, and PostgreSQL does not have. */
  get inMemory(): number {
    return this.kept.size;
  }

  @Interval('charge-outbox', LOOK_EVERY_MS)
  async drainDue(): Promise<void> {
    this.turns = (this.turns + 1) % IDLE_TURNS;
    if (!this.isLate && this.turns > 0) return;
    this.draining ??= this.drain().finally(() => (this.draining = undefined));
    await this.draining;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.draining;
    await this.handOver().catch(() => undefined);
    if (this.kept.size > 0)
      this.logger.error(`${this.kept.size} charges are lost: neither server takes them`);
  }

  private async keep(operation: DoneOperation): Promise<void> {
    this.kept.set(`${operation.operationId} ${operation.tenantId}`, operation);
    this.tellLate();
    await this.handOver().catch(() => undefined);
  }

  /** From memory to PostgreSQL. */
  private async handOver(): Promise<void> {
    const operations = [...this.kept];
    if (operations.length === 0) return;
    await this.rows.add(operations.map(([, operation]) => operation));
    for (const [name] of operations) this.kept.delete(name);
  }

  private async drain(): Promise<void> {
    try {
      await this.handOver();
      for (;;) {
        const due = await this.rows.take();
        const ended = await this.chargeAll(due);
        await this.rows.remove(ended);
        if (ended.length > 0) this.logger.log(`Charges made late: ${ended.length}`);
        if (ended.length < due.length || due.length === 0) return;
        this.isLate = false;
      }
    } catch {
      // PostgreSQL is away: what is in memory stays there, and what it holds is due again later.
      await this.drainMemory();
    }
  }

  private async drainMemory(): Promise<void> {
    for (const [name, operation] of this.kept) {
      if (!(await this.isEnded(operation))) return;
      this.kept.delete(name);
    }
  }

  /** Those that are over; it stops at the first that must wait. */
  private async chargeAll(due: readonly DoneOperation[]): Promise<DoneOperation[]> {
    const ended: DoneOperation[] = [];
    for (const operation of due) {
      if (!(await this.isEnded(operation))) break;
      ended.push(operation);
    }
    return ended;
  }

  /** Charged, or never to be: a tenant that is gone owes nothing. */
  private async isEnded(operation: DoneOperation): Promise<boolean> {
    try {
      await chargeTruth(this.quota, operation);
    } catch (error) {
      if (error instanceof QuotaUnavailableError) return false;
      this.tellVoid(operation, error);
    }
    return true;
  }

  private tellVoid({ tenantId }: DoneOperation, error: unknown): void {
    this.logger.warn(`A charge of ${tenantId} cannot be made: ${String(error)}`);
  }

  private tellLate(): void {
    if (!this.isLate) this.logger.warn('The quota does not answer: what was done is charged later');
    this.isLate = true;
  }
}
