import { Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { type InvalidatedScope, LimitInvalidation, parseTenantId } from 'fairshare/quota';
import { operatorOf } from './admin.guard.js';

export interface Change<T> {
  readonly action: string;
  readonly target: string;
  /** Whose limits change: that tenant's are forgotten on every node. `all`: everybody's. Default: nobody's. */
  readonly tenantId?: string;
  readonly affects?: 'all';
  readonly request: FastifyRequest;
  /** Makes the change; what it returns goes on the record. */
  readonly make: (tx: Prisma.TransactionClient) => Promise<{ before: unknown; after: unknown; answer: T }>;
}

/** Makes a change and its audit row in one transaction, then tells every node. */
@Injectable()
export class ConfigChange {
  private readonly logger = new Logger('ConfigChange');

  constructor(
    private readonly prisma: PrismaService,
    private readonly invalidation: LimitInvalidation,
  ) {}

  async apply<T>({ action, target, tenantId, affects, request, make }: Change<T>): Promise<T> {
    const operator = operatorOf(request);
    const answer = await this.prisma.$transaction(async (tx) => {
      const made = await make(tx);
      await tx.auditEntry.create({
        data: {
          actor: operator.name,
          role: operator.role,
          address: request.ip,
          requestId: request.id,
          action,
          target,
          tenantId,
          before: toJson(made.before),
          after: toJson(made.after),
        },
      });
      return made.answer;
    });
    if (affects ?? tenantId) await this.push(affects ?? parseTenantId(tenantId!));
    return answer;
  }

  private async push(scope: InvalidatedScope): Promise<void> {
    await this.invalidation.publish(scope).catch((error: unknown) => {
      this.logger.warn(
        `The change stands, but other nodes learn of it by their cache's age only: ${String(error)}`,
      );
    });
  }
}

function toJson(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  if (value === null || value === undefined) return Prisma.DbNull;
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)),
  ) as Prisma.InputJsonValue;
}
