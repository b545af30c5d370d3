import type { Prisma } from 'fairshare/prisma';
import { Problem } from '../../problems/problem.js';

type Reader = Pick<Prisma.TransactionClient, 'tenant' | 'tier' | 'limitDefinition'>;

/** The tenant's row; not_found where there is none. */
export async function knownTenant(tx: Reader, id: string) {
  const tenant = await tx.tenant.findUnique({ where: { id } });
  if (!tenant) throw new Problem('not_found', `No tenant is named ${JSON.stringify(id)}.`);
  return tenant;
}

/** The tenant, locked until the end of the transaction. */
export async function lockedTenant(tx: Prisma.TransactionClient, id: string) {
  await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${id} FOR UPDATE`;
  return knownTenant(tx, id);
}

/** The tier's row; names the known ones where there is none. */
export async function knownTier(tx: Reader, name: string) {
  const tiers = await tx.tier.findMany({ select: { name: true }, orderBy: { name: 'asc' } });
  const tier = tiers.find((candidate) => candidate.name === name);
  if (!tier) throw unknown('tier', name, tiers);
  return tier;
}

/** The limit's definition; names the known ones where there is none. */
export async function knownLimit(tx: Reader, name: string) {
  const definitions = await tx.limitDefinition.findMany({
    select: { id: true, name: true, kind: true },
    orderBy: { id: 'asc' },
  });
  const definition = definitions.find((candidate) => candidate.name === name);
  if (!definition) throw unknown('limit', name, definitions);
  return definition;
}

function unknown(what: string, name: string, known: readonly { name: string }[]): Problem {
  const names = known.map((one) => one.name).join(', ');
  return new Problem('invalid_request', `No ${what} is named ${JSON.stringify(name)}; there are ${names}.`);
}
