import { describe, expect, it } from '@jest/globals';
import { retryAfterMs, retryPauseMs } from './retry-after.js';

const NOW = Date.parse('2026-11-24T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    [undefined, undefined],
    ['3', 3_000],
    ['0', 0],
    ['Tue, 24 Nov 2026 00:00:10 GMT', 10_000],
    ['Mon, 23 Nov 2026 00:00:10 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['2026', 2_026_000],
  ])('of %j is %j ms', (header, ms) => expect(retryAfterMs(header, NOW)).toBe(ms));
});

describe('the pause before a retry', () => {
  it.each([
    [1, undefined, 0, 250],
    [2, undefined, 0, 500],
    [9, undefined, 0, 8_000],
    [1, undefined, 1, 313],
    [1, 3_000, 0, 3_000],
    [3, 0, 1, 0],
  ])('after attempt %j, asked for %j, is %j → %j', (attempt, asked, random, ms) =>
    expect(retryPauseMs(attempt, asked, random)).toBe(ms),
  );
});
