import { pathToFileURL } from 'node:url';
import { createPrismaAdapter, PrismaClient } from 'fairshare/prisma';

/** Tenants to try things with: one in each of the default tiers. */
const DEMO_TENANTS = [
  { id: 'tenant_test', tierName: 'free' },
  { id: 'tenant_123', tierName: 'pro' },
  { id: 'tenant_big', tierName: 'enterprise' },
];

/** Adds the demo tenants that are missing; never changes one that is there. Tiers come with the migrations. */
export async function seed(prisma: PrismaClient): Promise<number> {
  const { count } = await prisma.tenant.createMany({ data: DEMO_TENANTS, skipDuplicates: true });
  return count;
}

async function main(): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error('DATABASE_URL must be set');
  const prisma = new PrismaClient({ adapter: createPrismaAdapter({ url }) });
  try {
    const added = await seed(prisma);
    console.log(`seed: ${added} of ${DEMO_TENANTS.length} demo tenants added`);
  } finally {
    await prisma.$disconnect();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
