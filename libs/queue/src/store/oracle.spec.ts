import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { openTestQueue, type TestQueue } from '../testing/test-queue.js';
import { playQueue } from '../testing/play-queue.js';

const seed = Number(process.env['FAIRSHARE_TEST_SEED'] ?? 20261123);
const operations = Number(process.env['FAIRSHARE_TEST_OPERATIONS'] ?? 20_000);
const RUNS = 10;

let test: TestQueue;

beforeAll(async () => {
  test = await openTestQueue();
});

afterAll(async () => {
  await test.close();
});

describe('the scripts, with the model as oracle', () => {
  it(
    `agree in every answer, pick and tag over ${operations} random operations`,
    async () => {
      for (let run = 0; run < RUNS; run++) {
        await playQueue(test.redis, {
          seed: seed + run,
          operations: operations / RUNS,
          name: `${test.queue.name}-${run}`,
        });
      }
    },
    60_000 + operations * 4,
  );
});
