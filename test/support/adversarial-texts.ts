/** Words of ordinary prose, common and rare. */
const WORDS = (
  'the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were ' +
  'when we there can an your which their said if do will each about how up out them then she many some so these would ' +
  'other into has more her two like him see time could no make than first been its who now people my made over did down ' +
  'only way find use may water long little very after words called just where most know unhappily counterproductive'
).split(' ');

/** A seeded source of whole numbers below `end`, so that a failure can be repeated. */
export function numbers(seed: number): (end: number) => number {
  let state = seed >>> 0;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

/** Ordinary English of so many characters. */
export function english(length: number, seed = 1): string {
  const below = numbers(seed);
  return filled(length, () => WORDS[below(WORDS.length)]! + (below(11) === 0 ? ', ' : ' '));
}

/** Texts of so many characters that are no prose: unbroken runs, strange scripts, noise, what looks like control tokens. */
export function adversarialTexts(length: number, seed = 1): Record<string, string> {
  const below = numbers(seed);
  const one = (characters: string) => () => characters[below(characters.length)]!;
  const between = (first: number, last: number) => () =>
    String.fromCodePoint(first + below(last - first + 1));
  const parts: Record<string, () => string> = {
    'one letter': () => 'a',
    'two letters': () => 'aB',
    spaces: () => ' ',
    'tabs and spaces': () => ' \t',
    'white space': one(' \t\r\n\u00a0\u2003'),
    'line breaks': () => '\n',
    'equal signs': () => '=',
    'lines drawn': one('=-'),
    punctuation: one('!@#$%^&*()-=[]{};:,.<>/?|'),
    apostrophes: () => "'s",
    digits: one('0123456789'),
    base64: one('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'),
    'small letters': one('abcdefghijklmnopqrstuvwxyz'),
    'capital letters': one('ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
    'unknown words': () => `${Array.from({ length: 7 }, between(97, 122)).join('')} `,
    'one emoji': () => '😀',
    emoji: between(0x1f300, 0x1f5ff),
    'emoji families': () => '👩\u200d👩\u200d👧',
    'combining marks': () => 'e\u0301',
    'marks alone': between(0x300, 0x36f),
    Thai: between(0xe01, 0xe2e),
    'one Thai syllable': () => 'กข',
    Chinese: between(0x4e00, 0x9fa5),
    'common Chinese': one('的一是不了人我在有他这为之大来以个中上'),
    Korean: between(0xac00, 0xd7a3),
    Cyrillic: between(0x430, 0x44f),
    'any letter': between(0x20, 0xd7ff),
    'halves of pairs': () => '\ud83d',
    'control tokens': () => '<|endoftext|>',
    'zero width': () => '\u200b\u200d\u2060',
  };
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, filled(length, part)]));
}

function filled(length: number, part: () => string): string {
  let text = '';
  while (text.length < length) text += part();
  return text.slice(0, length);
}
