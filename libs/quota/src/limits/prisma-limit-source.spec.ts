import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPrismaAdapter, PrismaClient } from 'fairshare/prisma';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.js';
import { parseTenantId } from '../tenant-id.js';
import { PrismaModelSource } from '../weights/prisma-model-source.js';
import { ModelWeights } from '../weights/model-weights.js';
import { PrismaLimitSource } from './prisma-limit-source.js';
import { resolveLimits } from './resolve-limits.js';

let database: TestDatabase;
let prisma: PrismaClient;
let source: PrismaLimitSource;
beforeAll(async () => {
  database = await createTestDatabase();
  prisma = new PrismaClient({ adapter: createPrismaAdapter({ url: database.url, maxConnections: 2 }) });
  source = new PrismaLimitSource(prisma);
  await prisma.tenant.create({ data: { id: 'acme', tierName: 'free' } });
});
afterAll(async () => {
  await prisma.$disconnect();
  await database.drop();
});

const acme = parseTenantId('acme');
const load = async () => (await source.load(acme))!;

describe('limits from PostgreSQL', () => {
  it('are those of the tier', async () => {
    const snapshot = await load();
    expect(snapshot).toMatchObject({
      tenantId: 'acme',
      tier: 'free',
      status: 'active',
      weight: 1,
      queueDepth: 100,
      freeRequestsPerMinute: 6_000,
    });
    const { limits } = resolveLimits(snapshot, Date.now());
    const values = Object.fromEntries(limits.map(({ definition, value }) => [definition.name, value]));
    expect(values).toMatchObject({ queries_hourly: 100, storage_bytes: 2 ** 30, concurrent_queries: 50 });
  });

  it('know no tenant that is not there', async () => {
    expect(await source.load(parseTenantId('nobody'))).toBeUndefined();
  });

  it('have the overrides that are in force or to come, and a greater version with each change', async () => {
    const before = await load();
    const now = Date.now();
    const common = { tenantId: 'acme', limitId: 1, reason: 'a launch', author: 'ops' };
    await prisma.override.createMany({
      data: [
        { ...common, value: 500n, startsAt: new Date(now - 1_000), expiresAt: new Date(now + 60_000) },
        { ...common, value: 600n, startsAt: new Date(now + 30_000), expiresAt: new Date(now + 90_000) },
        { ...common, value: 700n, startsAt: new Date(now - 9e8), expiresAt: new Date(now - 8e8) },
        { ...common, value: 800n, startsAt: new Date(now - 500), revokedAt: new Date(now) },
      ],
    });
    const after = await load();
    expect(after.version).toBeGreaterThan(before.version);
    const hourly = (atMs: number) => resolveLimits(after, atMs).limits[0]!;
    expect(hourly(now)).toMatchObject({ value: 500, source: 'override' });
    expect(hourly(now + 30_000)).toMatchObject({ value: 600 });
    expect(hourly(now + 90_000)).toMatchObject({ value: 100, source: 'tier' });
  });

  it('have a greater version when the tier changes', async () => {
    const before = await load();
    const where = { tierName_limitId: { tierName: 'free', limitId: 2 } };
    await prisma.tierLimit.update({ where, data: { value: 2_000n } });
    const after = await load();
    expect(after.version).toBeGreaterThan(before.version);
    expect(resolveLimits(after, Date.now()).limits[1]).toMatchObject({ value: 2_000 });
  });

  it('weigh GPT-4 with 8K 40 to 80 times a small GPT-3.5 call, as shipped', async () => {
    const models = new ModelWeights(new PrismaModelSource(prisma));
    const large = await models.costUnits('gpt-4', { inputTokens: 7_168, outputTokens: 1_024 });
    const small = await models.costUnits('gpt-3.5-turbo', { inputTokens: 300, outputTokens: 100 });
    expect(large / small).toBeGreaterThanOrEqual(40);
    expect(large / small).toBeLessThanOrEqual(80);
  });
});
