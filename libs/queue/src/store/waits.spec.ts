import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestQueue, type TestQueue } from '../testing/test-queue.js';
import { waitsKey } from './keys.js';
import { readWaits, summarize, WaitSamples } from './waits.js';

let test: TestQueue;

beforeEach(async () => {
  test = await openTestQueue();
});

afterEach(async () => {
  const { address } = test.queue.shards[0]!;
  await test.redis.del(waitsKey(address, 0), waitsKey(address, 1));
  await test.close();
});

async function record(waits: Readonly<Record<string, readonly number[]>>): Promise<void> {
  const samples = new WaitSamples();
  for (const [tenantId, times] of Object.entries(waits)) for (const ms of times) samples.add(tenantId, ms);
  await samples.flush(test.queue.shards[0]!);
}

const count = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

describe('wait records', () => {
  it('give percentiles that are right to within their bucket, of one tenant and of all', async () => {
    await record({ quick: Array.from({ length: 99 }, () => 3), slow: [50_000] });
    const { total, tenant } = await readWaits(test.queue.shards[0]!, 'slow');
    const { p50, p99 } = summarize([total]).waitMs!;
    expect([p50, p99]).toEqual([5, 5]);
    const own = summarize([tenant!]).waitMs!;
    expect(own.p50).toBeGreaterThanOrEqual(50_000);
    expect(own.p50).toBeLessThan(50_000 * 1.63);
  });

  it('of several processes add up, bucket by bucket', async () => {
    await Promise.all([record({ a: [0, 5, 900] }), record({ a: [5], b: [70] }), record({ a: [900, 900] })]);
    const { total, tenant } = await readWaits(test.queue.shards[0]!, 'a');
    expect(count(total.counts)).toBe(7);
    expect(tenant!.counts.filter((jobs) => jobs > 0)).toEqual([1, 2, 3]);
  });

  it('of very many tenants are written in short steps, and stay bounded', async () => {
    const tenants = Array.from({ length: 10_050 }, (_, index) => [`tenant-${index}`, [1]] as const);
    await record(Object.fromEntries(tenants));
    const { address } = test.queue.shards[0]!;
    const fields = await Promise.all(
      ([0, 1] as const).map((slot) => test.redis.hlen(waitsKey(address, slot))),
    );
    expect(Math.max(...fields)).toBeLessThanOrEqual(10_001);
    const { total } = await readWaits(test.queue.shards[0]!);
    expect(count(total.counts)).toBe(10_050);
  });

  it('are forgotten by themselves', async () => {
    await record({ a: [1] });
    const { address } = test.queue.shards[0]!;
    const left = await Promise.all(([0, 1] as const).map((slot) => test.redis.pttl(waitsKey(address, slot))));
    expect(Math.max(...left)).toBeGreaterThan(0);
    expect(Math.max(...left)).toBeLessThanOrEqual(600_000);
  });

  it('are none where nothing ran', async () => {
    const { total } = await readWaits(test.queue.shards[0]!);
    expect(summarize([total])).toEqual({ waitMs: null, throughputPerSecond: 0 });
  });
});
