import { beforeEach, describe, expect, it } from '@jest/globals';
import { KeptReading, MAX_STALE_MS, pauseAfter } from './kept-reading.js';

let nowMs: number;
let reads: number;
let read: () => Promise<number>;
let kept: KeptReading<number>;
beforeEach(() => {
  nowMs = reads = 0;
  read = async () => reads;
  kept = new KeptReading(
    () => ((reads += 1), read()),
    {},
    () => nowMs,
  );
});

const away = () => Promise.reject(new Error('away'));
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('KeptReading', () => {
  it('asks once for all who ask at once, and again after its time', async () => {
    expect(await Promise.all([kept.get(), kept.get()])).toEqual([1, 1]);
    nowMs = 59_999;
    expect(await kept.get()).toBe(1);
    nowMs = 60_000;
    expect(await kept.get()).toBe(2);
  });

  it('serves what is old while the source is away, up to the stated maximum, and asks it ever less often', async () => {
    await kept.get();
    read = away;
    const asked: number[] = [];
    for (nowMs = 60_000; nowMs < MAX_STALE_MS; nowMs += 500) {
      const before = reads;
      expect(await kept.get()).toBe(1);
      if (reads > before) asked.push(nowMs);
    }
    expect(asked.slice(0, 5)).toEqual([60_000, 61_000, 63_000, 67_000, 72_000]);
    nowMs = MAX_STALE_MS;
    await expect(kept.get()).rejects.toThrow('away');
  });

  it('waits for a source that is silent only a moment, and only one waits at a time', async () => {
    await kept.get();
    let answer: (value: number) => void = () => undefined;
    read = () => new Promise((resolve) => (answer = resolve));
    nowMs = 60_000;
    expect(await kept.get()).toBe(1);
    expect(kept.isFresh).toBe(true);
    answer(7);
    await turn();
    expect(await kept.get()).toBe(7);
    expect(reads).toBe(2);
  });

  it('waits for the source after an invalidation, and serves what is old where it is away', async () => {
    await kept.get();
    kept.invalidate();
    expect(kept.isFresh).toBe(false);
    expect(await kept.get()).toBe(2);
    read = away;
    kept.invalidate();
    expect(await kept.get()).toBe(2);
  });

  it('where nothing was ever read, rejects at once until the pause is over', async () => {
    read = away;
    await expect(kept.get()).rejects.toThrow('away');
    await expect(kept.get()).rejects.toThrow('away');
    expect(reads).toBe(1);
    nowMs += 1_000;
    read = async () => reads;
    expect(await kept.get()).toBe(2);
  });

  it('pauses of 1, 2, 4 and then 5 s', () => {
    expect([1, 2, 3, 4, 50].map((failures) => pauseAfter(failures))).toEqual([
      1_000, 2_000, 4_000, 5_000, 5_000,
    ]);
  });
});
