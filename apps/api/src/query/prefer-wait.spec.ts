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
    ['wait', undefined],
    ['waiting=10', undefined],
    ['wait=9999999999999', 30],
    ['wait=0x10', undefined],
    ['wait=1e1', undefined],
    ['wait=+5', undefined],
    ['wait=" 5"', undefined],
    ['x="a, wait=9"; y="\\"", wait=5', 5],
    ['a;b;;c=d , , wait\t=\t5;', 5],
    [',', undefined],
    ['', undefined],
    ['wait="1\\0"', 10],
  ])('of %j is %j', (header, seconds) => {
    expect(preferredWait(header, 30)).toBe(seconds);
  });

  it.each([
    'wait=',
    'wait==5',
    'wait 5',
    '=5',
    'wait="5',
    'wait=5"',
    'wait=５',
    'wait=5 6',
    'wait=(5)',
    'a;;=b',
  ])('of %j is refused: it is no list of preferences', (header) =>
    expect(() => preferredWait(header, 30)).toThrow('Prefer must be a list'),
  );

  it('is read in a time that grows with its length', () => {
    expect(() => preferredWait(`wait=5${' ;'.repeat(4_000)}"`, 30)).toThrow('Prefer must be a list');
    expect(() => preferredWait(`a="${'\\"'.repeat(4_000)}`, 30)).toThrow('Prefer must be a list');
  });
});
