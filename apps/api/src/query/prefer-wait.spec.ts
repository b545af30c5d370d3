import { describe, expect, it } from '@jest/globals';
import { preferredWait } from './prefer-wait.js';

describe('the preference wait', () => {
  it.each([
    [undefined, undefined],
    ['wait=10', 10],
    ['WAIT = 10', 10],
    ['wait="10"', 10],
    ['respond-async, wait=10; foo=bar', 10],
    [['respond-async', 'wait=5'], 5],
    ['wait=5, wait=20', 5],
    ['wait=0', 0],
    ['wait=99', 30],
    ['wait=-1', undefined],
    ['wait=1.5', undefined],
    ['wait=', undefined],
    ['wait', undefined],
    ['waiting=10', undefined],
    ['wait=9999999999999', undefined],
  ])('of %j is %j', (header, seconds) => {
    expect(preferredWait(header, 30)).toBe(seconds);
  });
});
