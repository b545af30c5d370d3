import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestRedis, testRedis } from '../../../../test/support/redis.js';
import { RedisSignals } from '../signals/redis-signals.js';
import { RememberedKeys } from './remembered-keys.js';

let redis: TestRedis;
let signals: RedisSignals;

beforeAll(async () => {
  redis = await testRedis();
  signals = new RedisSignals(redis.client);
});
afterAll(async () => {
  signals.onModuleDestroy();
  await redis.close();
});

const OWNER = { expiresAt: null };

describe('remembered keys', () => {
  it('are read once, until one is revoked', async () => {
    let reads = 0;
    const keys = new RememberedKeys(signals, `${redis.prefix}:once`, () => {
      reads += 1;
      return Promise.resolve(OWNER);
    });
    await keys.find('a');
    await keys.find('a');
    expect(reads).toBe(1);
    await keys.forget();
    await keys.find('a');
    expect(reads).toBe(2);
  });

  it('are read again after 60 s, so that a revocation whose push is lost counts by then', async () => {
    let owner: typeof OWNER | undefined = OWNER;
    let nowMs = 1;
    const read = () => Promise.resolve(owner);
    const keys = new RememberedKeys(signals, `${redis.prefix}:lost`, read, { now: () => nowMs });
    await keys.find('a');
    owner = undefined;
    nowMs += 59_999;
    expect(await keys.find('a')).toBe(OWNER);
    nowMs += 1;
    expect(await keys.find('a')).toBeUndefined();
  });

  it('are believed for ten minutes while PostgreSQL is away, unless one is revoked; one never seen is not', async () => {
    let nowMs = 1;
    let isAway = false;
    const read = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(OWNER));
    const keys = new RememberedKeys(signals, `${redis.prefix}:away`, read, { now: () => nowMs });
    await keys.find('a');
    isAway = true;
    nowMs += 599_999;
    expect(await keys.find('a')).toBe(OWNER);
    await expect(keys.find('b')).rejects.toThrow('away');
    nowMs += 1;
    await expect(keys.find('a')).rejects.toThrow('away');
    isAway = false;
    nowMs += 5_000;
    expect(await keys.find('a')).toBe(OWNER);
    isAway = true;
    await keys.forget();
    await expect(keys.find('a')).rejects.toThrow('away');
  });

  it('do not keep what was read just before it was revoked', async () => {
    let answer: (owner: typeof OWNER) => void = () => undefined;
    const reading = new Promise<typeof OWNER>((resolve) => (answer = resolve));
    const answers = [reading, Promise.resolve(undefined)];
    const keys = new RememberedKeys(signals, `${redis.prefix}:race`, () => answers.shift()!);
    const first = keys.find('a');
    await keys.forget();
    answer(OWNER);
    await first;
    expect(await keys.find('a')).toBeUndefined();
  });
});
