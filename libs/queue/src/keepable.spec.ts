import { describe, expect, it } from '@jest/globals';
import { keepableJson, keepableText } from './keepable.js';

const TEXTS: readonly [string, string, number][] = [
  ['plain', 'plain', 0],
  ['a\0b', 'a\uFFFDb', 1],
  ['\ud83d', '\uFFFD', 1],
  ['\ude00\ud83d', '\uFFFD\uFFFD', 2],
  ['😀', '😀', 0],
  ['back\\slash \\u0000 "quoted"', 'back\\slash \\u0000 "quoted"', 0],
  ['\\\0', '\\\uFFFD', 1],
  ['\u0001\n\t\uFFFF', '\u0001\n\t\uFFFF', 0],
];

describe('what no database keeps', () => {
  it.each(TEXTS)('of %j is replaced, and counted', (given, text, replaced) => {
    expect(keepableText(given)).toEqual({ text, replaced });
  });

  it.each(TEXTS)('of %j is replaced in names and values of JSON', (given, text) => {
    const json = keepableJson(JSON.stringify({ [given]: [given, { deep: given }] }));
    expect(JSON.parse(json)).toEqual({ [text]: [text, { deep: text }] });
  });
});
