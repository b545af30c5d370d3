import { describe, expect, it } from '@jest/globals';
import { tried } from '../../../../test/support/tried.js';
import { retryAfterMs, retryPauseMs, shouldRetry } from './retry-after.js';

const NOW = Date.parse('2026-11-24T00:00:00Z');

describe('Retry-After', () => {
  it.each([
    [undefined, undefined],
    ['3', 3_000],
    ['0.5', 500],
    ['0', undefined],
    ['0.0', undefined],
    ['Tue, 24 Nov 2026 00:00:10 GMT', 10_000],
    ['Tue, 24 Nov 2026 00:00:00 GMT', undefined],
    ['Mon, 23 Nov 2026 00:00:10 GMT', undefined],
    ['soon', undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['2026', 2_026_000],
  ])('of %j is %j ms', (header, ms) => {
    expect(retryAfterMs({ 'retry-after': header }, NOW)).toBe(ms);
    tried('upstream answers', 1);
  });

  it.each([
    ['1500', '7', 1_500],
    ['12.5', undefined, 13],
    ['0', '7', 7_000],
    ['soon', '7', 7_000],
    ['-5', undefined, undefined],
    ['5, 5', '0', undefined],
  ])('retry-after-ms of %j goes before %j: %j ms', (ms, seconds, expected) => {
    expect(retryAfterMs({ 'retry-after-ms': ms, 'retry-after': seconds }, NOW)).toBe(expected);
    tried('upstream answers', 1);
  });
});

describe('x-should-retry', () => {
  it.each([
    ['true', true],
    [' False ', false],
    [undefined, undefined],
    ['1', undefined],
    ['constructor', undefined],
  ])('of %j is %j', (header, retry) => {
    expect(shouldRetry({ 'x-should-retry': header })).toBe(retry);
    tried('upstream answers', 1);
  });
});

describe('the pause before a retry', () => {
  it.each([
    [1, undefined, 0, 250],
    [2, undefined, 0, 500],
    [9, undefined, 0, 8_000],
    [1, undefined, 1, 313],
    [1, 3_000, 0, 3_000],
  ])('after attempt %j, asked for %j, is %j → %j', (attempt, asked, random, ms) =>
    expect(retryPauseMs(attempt, asked, random)).toBe(ms),
  );
});
