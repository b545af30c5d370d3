import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { Deadlines } from './deadlines.js';

const LATE = () => new Error('late');

/** The collector of garbage, without starting Node with --expose-gc. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

describe('Deadlines', () => {
  it('gives the answer of work that ends in time, and its error', async () => {
    const deadlines = new Deadlines(10_000, LATE);
    await expect(deadlines.guard(Promise.resolve('done'))).resolves.toBe('done');
    await expect(deadlines.guard(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('ends work that takes longer, in the order in which it began, and leaves the rest alone', async () => {
    const deadlines = new Deadlines(5, LATE);
    const failed: number[] = [];
    const last = new Promise<void>((resolve) => {
      for (const index of [0, 1, 2, 3]) {
        const pending = deadlines.start(() => {
          failed.push(index);
          if (index === 3) resolve();
        });
        if (index === 1) pending.isDone = true;
      }
    });
    await Promise.all([last, expect(deadlines.guard(new Promise(() => undefined))).rejects.toThrow('late')]);
    expect(failed).toEqual([0, 2, 3]);
  });

  it('lets go of what is done long before it is due', async () => {
    const deadlines = new Deadlines(60_000, LATE);
    const collect = collector();
    const held = Array.from({ length: 5_000 }, () => {
      const fail = () => undefined;
      deadlines.start(fail).isDone = true;
      return new WeakRef(fail);
    });
    // A WeakRef keeps what it refers to until the turn that made it is over.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(held.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(1_000);
  });
});
