import { describe, expect, it } from '@jest/globals';
import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { countTokens } from '../../apps/api/src/executors/tokenizer.js';
import { adversarialTexts, english, numbers } from '../support/adversarial-texts.js';
import { tried } from '../support/tried.js';

const PLAIN = { disallowedSpecial: new Set<string>() };
const ENCODINGS = [
  { model: 'gpt-4', exact: (text: string) => countCl100k(text, PLAIN) },
  { model: 'gpt-4o', exact: (text: string) => countO200k(text, PLAIN) },
];
/** Prose is made of known words, one byte a letter: 4 to 6 times is usual, a quadratic counter needs 1,000 and more. */
const MOST_TIMES_ENGLISH = 40;
const LENGTH = 5_000;
const TURNS = 9;

describe.each(ENCODINGS)('counting tokens for $model', ({ model, exact }) => {
  it('takes no text more than a small multiple of the time of ordinary English', () => {
    const prose = english(LENGTH);
    const texts = Object.entries(adversarialTexts(LENGTH));
    for (const [, text] of texts) countTokens(text, model);
    for (let turn = 0; turn < TURNS; turn += 1) countTokens(prose, model);
    const slow = texts.filter(([, text]) => ratio(text, prose, model) > MOST_TIMES_ENGLISH);
    expect(slow.map(([name]) => name)).toEqual([]);
    tried('tokenizer', texts.length);
  });

  it('grows with the length, not with its square', () => {
    const texts = Object.entries(adversarialTexts(8 * LENGTH));
    const steep = texts.filter(([, text]) => ratio(text, text.slice(0, LENGTH), model) > 32);
    expect(steep.map(([name]) => name)).toEqual([]);
    tried('tokenizer', texts.length);
  });

  it('never counts too few, and is exact where no run is longer than a piece', () => {
    for (const seed of [1, 2]) {
      for (const [name, text] of Object.entries(adversarialTexts(1_200, seed))) {
        const counted = { name, seed, tokens: countTokens(text, model) };
        expect(counted.tokens).toBeGreaterThanOrEqual(exact(text));
        const short = text.slice(0, 500);
        expect({ ...counted, tokens: countTokens(short, model) }).toEqual({
          ...counted,
          tokens: exact(short),
        });
      }
      const prose = english(5_000, seed);
      expect(countTokens(prose, model)).toBe(exact(prose));
    }
    tried('tokenizer', 2 * Object.keys(adversarialTexts(1)).length);
  });

  it('is exact for mixtures whose runs end at spaces, and for nothing at all', () => {
    const below = numbers(7);
    const runs = Object.values(adversarialTexts(400));
    for (let round = 0; round < 100; round += 1) {
      const parts = Array.from({ length: 6 }, () => runs[below(runs.length)]!.slice(0, 1 + below(60)).trim());
      const text = parts.filter((part) => part !== '').join(' ');
      expect({ text, tokens: countTokens(text, model) }).toEqual({ text, tokens: exact(text) });
    }
    expect(countTokens('', model)).toBe(0);
    tried('tokenizer', 101);
  });
});

/** How many times as long `text` takes as `other`: the best of several turns, taken by turns. */
function ratio(text: string, other: string, model: string): number {
  let best = Infinity;
  let bestOther = Infinity;
  for (let turn = 0; turn < TURNS; turn += 1) {
    best = Math.min(
      best,
      millisecondsOf(() => countTokens(text, model)),
    );
    bestOther = Math.min(
      bestOther,
      millisecondsOf(() => countTokens(other, model)),
    );
  }
  return best / bestOther;
}

/** Time of the processor, not of the clock: a busy machine takes turns away, but gives them no work. */
function millisecondsOf(work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return Math.max(1, user + system) / 1_000;
}
