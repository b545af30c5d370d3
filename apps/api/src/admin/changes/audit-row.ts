import type { FastifyRequest } from 'fastify';
import { Prisma } from 'fairshare/prisma';
import { operatorOf } from '../../operators/admin.guard.js';
import type { AdminRole } from '../../operators/admin-role.js';

export interface Deed {
  readonly action: string;
  readonly target: string;
  readonly tenantId?: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** Who did it, from where. */
export interface Doer {
  readonly actor: string;
  readonly role: AdminRole;
  readonly address: string;
  readonly requestId: string;
}

export function doerOf(request: FastifyRequest): Doer {
  const { name, role } = operatorOf(request);
  return { actor: name, role, address: request.ip, requestId: request.id };
}

/** The audit row of a deed, by the operator of the request or by one that was noted before. */
export function auditRow(by: FastifyRequest | Doer, deed: Deed): Prisma.AuditEntryUncheckedCreateInput {
  const { actor, role, address, requestId } = 'actor' in by ? by : doerOf(by);
  const { action, target, tenantId, before, after } = deed;
  return {
    actor,
    role,
    address,
    requestId,
    action,
    target,
    tenantId,
    before: toJson(before),
    after: toJson(after),
  };
}

export function toJson(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  if (value === null || value === undefined) return Prisma.DbNull;
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)),
  ) as Prisma.InputJsonValue;
}
