import type { Prisma } from 'fairshare/prisma';
import { Problem } from '../../problems/problem.js';
import { knownLimit } from '../changes/known-names.js';
import type { CreateOverrideDto } from './overrides.dto.js';

export const WITH_LIMIT = { limit: { select: { name: true, kind: true } } } as const;
/** What a list shows. */
export const SHOWN_OF_OVERRIDE = {
  id: true,
  tenantId: true,
  limitId: true,
  value: true,
  burst: true,
  reason: true,
  author: true,
  startsAt: true,
  expiresAt: true,
  revokedAt: true,
  emergency: true,
  createdAt: true,
  limit: { select: { name: true } },
} as const satisfies Prisma.OverrideSelect;

export type OverrideRow = Prisma.OverrideGetPayload<{ include: typeof WITH_LIMIT }>;
export type ShownOverride = Prisma.OverrideGetPayload<{ select: typeof SHOWN_OF_OVERRIDE }>;

/** Adds an override; refuses times and bursts that make no sense. */
export async function createOverride(
  tx: Prisma.TransactionClient,
  { tenantId, author, emergency = false }: { tenantId: string; author: string; emergency?: boolean },
  body: CreateOverrideDto,
): Promise<OverrideRow> {
  const definition = await knownLimit(tx, body.limit);
  checkBurst(definition.kind, body);
  const startsAt = body.starts_at ? new Date(body.starts_at) : undefined;
  const expiresAt = body.expires_at ? new Date(body.expires_at) : null;
  checkTimes(startsAt ?? new Date(), expiresAt);
  const { value, burst, reason } = body;
  return tx.override.create({
    data: { tenantId, limitId: definition.id, value, burst, reason, author, startsAt, expiresAt, emergency },
    include: WITH_LIMIT,
  });
}

/** The override, locked until the end of the transaction; refuses one that was revoked. */
export async function openOverride(
  tx: Prisma.TransactionClient,
  tenantId: string,
  id: number,
): Promise<OverrideRow> {
  await tx.$queryRaw`SELECT 1 FROM overrides WHERE id = ${id} FOR UPDATE`;
  const row = await readOverride(tx, tenantId, id);
  if (row.revokedAt) throw new Problem('conflict', `Override ${id} was revoked already.`);
  return row;
}

export async function readOverride(
  tx: Pick<Prisma.TransactionClient, 'override'>,
  tenantId: string,
  id: number,
): Promise<OverrideRow> {
  const row = await tx.override.findFirst({ where: { id, tenantId }, include: WITH_LIMIT });
  if (!row) throw new Problem('not_found', `The tenant has no override ${id}.`);
  return row;
}

export function checkTimes(startsAt: Date, expiresAt: Date | null): void {
  if (!expiresAt) return;
  if (expiresAt <= new Date()) throw new Problem('invalid_request', 'expires_at must be in the future.');
  if (expiresAt <= startsAt) throw new Problem('invalid_request', 'expires_at must be after starts_at.');
}

export function checkBurst(kind: string, { burst }: { burst?: number }): void {
  if (burst !== undefined && kind !== 'bucket') {
    throw new Problem('invalid_request', 'burst is for buckets; this limit is none.');
  }
}
