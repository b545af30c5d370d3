import { describe, expect, it } from '@jest/globals';
import { retrySpread } from './retry-spread.js';

describe('retrySpread', () => {
  it.each([
    [1_000, 0, 1_000],
    [1_000, 1, 1_100],
    [3_600_000, 1, 3_610_000],
    [1, 1, 1],
  ])('makes %d ms with luck %d %d ms', (ms, luck, spread) => {
    expect(retrySpread({}, () => luck)(ms)).toBe(spread);
  });

  it('leaves the time alone where the options say so', () => {
    expect(retrySpread({ retryJitter: 0 }, () => 1)(1_000)).toBe(1_000);
  });
});
