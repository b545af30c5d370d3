import { describe, expect, it } from '@jest/globals';
import { foldConstants } from './lua-source.js';

describe('constants of Lua 5.4 in a script for Lua 5.1', () => {
  const folds: readonly [string, string, string][] = [
    ['a number', 'local BUCKET <const> = 5\nif kind == BUCKET then', '\nif kind == 5 then'],
    ['a string', "local OPEN <const> = 'o' -- a hold\nreturn OPEN .. id", "\nreturn 'o' .. id"],
    ['a constant of constants', 'local A <const> = 1\nlocal B <const> = A\nreturn B + A', '\n\nreturn 1 + 1'],
    ['a constant before its definition', 'local a = A\nlocal A <const> = 1', 'local a = 1\n'],
    ['neither in a comment nor in a string', "local A <const> = 1\nf('A', A) -- A", "\nf('A', 1) -- A"],
    [
      'no other name that contains it',
      'local A <const> = 1\nreturn AB, A_B, x.A, BA',
      '\nreturn AB, A_B, x.A, BA',
    ],
  ];

  it.each(folds)('puts in %s', (_, text, folded) => expect(foldConstants(text)).toBe(folded));

  it('refuses a name with two values', () => {
    expect(() => foldConstants('local A <const> = 1\nlocal A <const> = 2')).toThrow('A has two values');
  });
});
