import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { databaseFault, type Prisma, PrismaService } from 'fairshare/prisma';
import { type InvalidatedScope, LimitInvalidation, parseTenantId } from 'fairshare/quota';
import { tagAnswer, type Versioned } from '../../http/preconditions.js';
import { Problem } from '../../problems/problem.js';
import { auditRow } from './audit-row.js';
import { DryRun, isDryRun, type Rehearsal } from './dry-run.js';
import type { DryRunDto } from './dry-run.dto.js';

/** What a change made, for the record and for the answer. */
export interface Made<T> {
  readonly before: unknown;
  readonly after: unknown;
  readonly answer: T;
  /** The row whose ETag the answer carries. */
  readonly tag?: Versioned;
}

export interface Change<T> extends Rehearsal {
  readonly action: string;
  readonly target: string;
  /** Whose limits change: that tenant's are forgotten on every node. `all`: everybody's. Default: nobody's. */
  readonly tenantId?: string;
  readonly affects?: 'all';
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly make: (tx: Prisma.TransactionClient) => Promise<Made<T>>;
  /** Tells others of the committed change; gives false where they learn of it later by themselves. Never rejects. */
  readonly tell?: () => Promise<boolean>;
}

/**
 * Makes a change of the configuration and its audit row in one transaction, then tells every node. With ?dry_run=true
 * the change is made and taken back. After the commit nothing fails: the header X-Propagation says how far it got.
 */
@Injectable()
export class ConfigChange {
  private readonly logger = new Logger('ConfigChange');

  constructor(
    private readonly prisma: PrismaService,
    private readonly dryRun: DryRun,
    private readonly invalidation: LimitInvalidation,
  ) {}

  async answer<T>(change: Change<T>): Promise<T | DryRunDto> {
    const { request, reply } = change;
    if (isDryRun(request)) {
      void reply.status(200);
      return this.dryRun.of(change);
    }
    const { answer, tag } = await this.commit(change);
    await this.propagate(change);
    if (tag) tagAnswer(reply, tag);
    return answer;
  }

  /** Makes the change with its audit row, and tells nobody. */
  async commit<T>(change: Change<T>): Promise<Made<T>> {
    const { action, target, tenantId, request, make } = change;
    try {
      return await this.prisma.$transaction(async (tx) => {
        const made = await make(tx);
        const { before, after } = made;
        await tx.auditEntry.create({ data: auditRow(request, { action, target, tenantId, before, after }) });
        return made;
      });
    } catch (error) {
      if (databaseFault(error) !== 'transient') throw error;
      throw new Problem(
        'unavailable',
        'The database could not be reached, or was lost on the way: read what is there now before you repeat the change.',
        { headers: { 'Retry-After': '1' } },
      );
    }
  }

  /** Tells every node, and says in the answer whether all were told. */
  async propagate<T>(change: Change<T>): Promise<Propagation> {
    const { tenantId, affects, tell, reply } = change;
    const told = [
      affects || tenantId ? await this.push(affects ?? parseTenantId(tenantId!)) : true,
      tell ? await tell() : true,
    ];
    const propagation = told.every(Boolean) ? 'at once' : 'within 60 s';
    void reply.header('X-Propagation', propagation);
    return propagation;
  }

  private async push(scope: InvalidatedScope): Promise<boolean> {
    try {
      await this.invalidation.publish(scope);
      return true;
    } catch (error) {
      this.logger.warn(
        `The change stands, but other nodes learn of it by their cache's age only: ${String(error)}`,
      );
      return false;
    }
  }
}

/** Where a committed change is in force: on every node now, or here now and elsewhere when caches have aged. */
export type Propagation = 'at once' | 'within 60 s';
