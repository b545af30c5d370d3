import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { definedLuaScripts, snakeCase } from 'fairshare/redis';
import { openTestQueue, type TestQueue } from '../testing/test-queue.js';
import '../index.js';

const here = new URL('./scripts/', import.meta.url).pathname;
const scripts = [...definedLuaScripts()]
  .filter(([path]) => path.startsWith(here))
  .map(([, script]) => script);
const numbers = scripts.flatMap((script) => {
  const places = [...script.text.matchAll(/whole\(ARGV\[(\d+)\]\)/g)].map(([, place]) => Number(place) - 1);
  return [...new Set(places)].map((place) => [script.name, script.definition.args[place]!, script] as const);
});

let test: TestQueue;

beforeAll(async () => {
  test = await openTestQueue();
});

afterAll(async () => {
  await test.close();
});

describe('every number that a script of the queue is given', () => {
  it('is checked', () => {
    const isNumber =
      /^(limit|cost|attempts|priorityRank|count|cursor|weight|untilMs|leaseMs|nowMs|expireMs|keep.*|max.*)$/;
    const given = scripts.flatMap(({ name, definition }) =>
      definition.args.filter((arg) => isNumber.test(arg)).map((arg) => `${name} ${snakeCase(arg)}`),
    );
    expect(numbers.map(([name, arg]) => `${name} ${snakeCase(arg)}`).sort()).toEqual(given.sort());
  });

  it.each(numbers)(
    '%s refuses what is no whole number as its %s, before it writes',
    async (_, bad, script) => {
      const keys = { ...test.queue.shards[0]!.keys, waits: `${test.queue.shards[0]!.keys.shard}:waits` };
      const whole = new Set(numbers.filter(([name]) => name === script.name).map(([, arg]) => arg));
      for (const value of ['nan', 'inf', '-1', '1.5', '9007199254740993', '', 'x']) {
        const args = Object.fromEntries(
          script.definition.args.map((arg) => [arg, arg === bad ? value : whole.has(arg) ? '1' : 'a']),
        );
        await expect(script.run(test.redis, keys, args)).rejects.toThrow('is not a whole number');
      }
      expect(await test.redis.exists(...Object.values(keys))).toBe(0);
    },
  );
});
