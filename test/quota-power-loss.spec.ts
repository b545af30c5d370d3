import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RedisClient, redisReady } from 'fairshare/redis';
import type { Redis } from 'ioredis';
import { createQuota, type Quotas } from '../libs/quota/src/create-quota.js';
import { parseOperationId } from '../libs/quota/src/operation-id.js';
import { parseTenantId } from '../libs/quota/src/tenant-id.js';
import { randomOf } from './support/quota-commands.js';
import { define, MemoryLimits, tier } from './support/quota-harness.js';
import { type OwnRedis, startRedis } from './support/redis.js';

const SEED = Number(process.env['QUOTA_POWER_SEED'] ?? Math.floor(Math.random() * 1_000_000_000));
const OPERATIONS = 300;
const CUTS = 12;
const LEASE_MS = 3_600_000;

const tenantId = parseTenantId('acme');
let server: OwnRedis;
let quotas: Quotas;
beforeAll(async () => {
  server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']);
  const limits = new MemoryLimits();
  // Months and levels: nothing here turns or lapses while the test runs, unless a month ends.
  limits.set(tenantId, [
    tier(define(1, 'monthly', 'queries', 'window', 'month'), 1_000_000),
    tier(define(2, 'slots', 'queries', 'concurrency'), 1_000_000),
  ]);
  quotas = createQuota(server.client, { limits, keyPrefix: 'power', deadlineMs: 10_000 });
});
afterAll(() => server.close());

describe(`any part of what Redis had written down when the power failed (seed ${SEED})`, () => {
  it('adds up: what is used and held is what the operations say', async () => {
    const random = randomOf(SEED);
    for (let index = 0; index < OPERATIONS; index += 1) await operate(index, random);
    expect(await whatIsCounted()).toEqual(await whatOperationsSay(server.client));
    const file = await journal(server.client as Redis);
    await server.stop();
    const whole = readFileSync(file);
    for (let cut = 0; cut < CUTS; cut += 1) {
      await server.stop();
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * (0.02 + 0.97 * random()))));
      await server.restart();
      await redisReady(server.client, 5_000);
      expect(await whatIsCounted()).toEqual(await whatOperationsSay(server.client));
    }
  }, 60_000);
});

async function operate(index: number, random: () => number): Promise<void> {
  const { service } = quotas;
  const operationId = parseOperationId(`op-${index}`);
  const cost = { queries: 1 + Math.floor(random() * 9) };
  const kind = random();
  if (kind < 0.25) return void (await service.spend({ tenantId, operationId, cost: { queries: 1 } }));
  await service.reserve({ tenantId, operationId, cost, leaseMs: LEASE_MS });
  if (kind < 0.4) await service.extend({ tenantId, operationId, cost: { queries: 3 }, leaseMs: LEASE_MS });
  if (kind < 0.7)
    await service.settle({ tenantId, operationId, cost: { queries: Math.floor(random() * 12) } });
  else if (kind < 0.8) await service.cancel({ tenantId, operationId });
}

async function whatIsCounted() {
  const { limits, openHolds } = await quotas.service.status({ tenantId });
  const [monthly, slots] = limits;
  return { used: monthly!.used, held: monthly!.held, slots: slots!.held, openHolds };
}

/** The same from the memory of each operation (counters/records/operation.lua): a spend costs 1. */
async function whatOperationsSay(redis: RedisClient) {
  const sums = { used: 0, held: 0, slots: 0, openHolds: 0 };
  for (const key of await redis.keys('power:*:o:*')) {
    const memory = (await redis.getBuffer(key))!;
    if (memory[0] === 'o'.charCodeAt(0)) {
      sums.openHolds += 1;
      for (let at = 10 + memory[9]!; at < memory.length; at += 18) {
        sums[memory[at] === 1 ? 'held' : 'slots'] += memory.readDoubleLE(at + 2);
      }
    } else if (memory[1] === 4) sums.used += 1;
    else if (memory.length > 2) sums.used += memory.readDoubleLE(3);
  }
  return sums;
}

async function journal(redis: Redis): Promise<string> {
  const [, dir] = (await redis.config('GET', 'dir')) as [string, string];
  const folder = join(dir, 'appendonlydir');
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.incr.aof'))!,
  );
}
