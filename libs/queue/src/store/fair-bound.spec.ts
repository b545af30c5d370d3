import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { playFairness } from '../testing/play-fairness.js';
import { openTestQueue, type TestQueue } from '../testing/test-queue.js';

const seed = Number(process.env['FAIRSHARE_TEST_SEED'] ?? 20261124);
const operations = Number(process.env['FAIRSHARE_TEST_OPERATIONS'] ?? 10_000);
const RUNS = 20;

let test: TestQueue;

beforeAll(async () => {
  test = await openTestQueue();
});

afterAll(async () => {
  await test.close();
});

describe('the queue on Redis', () => {
  it(
    `serves any two tenants with work as evenly as promised (${operations} random operations)`,
    async () => {
      let checks = 0;
      let closest = 0;
      for (let run = 0; run < RUNS; run++) {
        const name = `${test.queue.name}-fair-${run}`;
        const played = await playFairness(test.redis, {
          seed: seed + run,
          operations: operations / RUNS,
          name,
        });
        checks += played.checks;
        closest = Math.max(closest, played.closest);
      }
      // The promise was put to the test: pairs were ready together, and came close to the bound.
      expect(checks).toBeGreaterThan(operations / 2);
      expect(closest).toBeGreaterThan(0.9);
    },
    60_000 + operations * 4,
  );
});
