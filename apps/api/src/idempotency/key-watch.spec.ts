import { describe, expect, it } from '@jest/globals';
import { KeyWatch } from './key-watch.js';

describe('KeyWatch', () => {
  it('rests until it is nudged', async () => {
    const watch = new KeyWatch();
    const rested = watch.rest(60_000);
    watch.nudge();
    await rested;
  });

  it('does not rest where it was nudged while somebody looked', async () => {
    const watch = new KeyWatch();
    watch.nudge();
    await watch.rest(60_000);
    let rested = false;
    const again = watch.rest(60_000).then(() => (rested = true));
    await Promise.resolve();
    expect(rested).toBe(false);
    watch.nudge();
    await again;
  });
});
