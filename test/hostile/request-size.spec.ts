import { describe, expect, it } from '@jest/globals';
import { keepableJson, keepableText } from 'fairshare/queue';
import { forwardedAddresses } from '../../apps/api/src/http/forwarded-for.js';
import { checkJson, checkUrl } from '../../apps/api/src/http/safe-json.js';
import { fingerprintOf, idempotencyKeyOf } from '../../apps/api/src/idempotency/idempotency-key.js';
import { countTokensInTurns } from '../../apps/api/src/executors/tokenizer.js';
import { shortened } from '../../apps/api/src/problems/shortened.js';
import { adversarialTexts, english } from '../support/adversarial-texts.js';
import { tried } from '../support/tried.js';

const LENGTH = 50_000;
const TURNS = 3;
const MOST_TIMES_ENGLISH = 40;
/** What is faster than this in ms for English is no measure: the clock of the processor is not fine enough. */
const LEAST_MS = 0.5;

/** What looks at a whole body, header or URL before or after the quota; what it throws is an answer too. */
const LOOKS: Record<string, (text: string) => unknown> = {
  'the JSON of a body': (text) => JSON.parse(JSON.stringify({ query: text })),
  'what may be in a body': (text) => checkJson({ query: text, [text]: [text] }),
  'what may be in a URL': (text) => checkUrl(`/query?${text}`),
  'the fingerprint of a request': (text) => fingerprintOf({ method: 'POST', url: '/query', body: { text } }),
  'an Idempotency-Key': (text) => idempotencyKeyOf({ 'idempotency-key': `"${text}"` }),
  'addresses of proxies': (text) => forwardedAddresses(text),
  'text that can be kept': (text) => keepableText(text),
  'JSON that can be kept': (text) => keepableJson(JSON.stringify({ text })),
  'a text cut short': (text) => shortened(text, LENGTH - 1),
};

function more(length: number): Record<string, string> {
  const long = (part: string) => part.repeat(Math.ceil(length / part.length)).slice(0, length);
  return {
    ...adversarialTexts(length),
    NUL: long('\0'),
    backslashes: long('\\'),
    quotes: long('"'),
    brackets: long('[]:1'),
    commas: long(', '),
    percents: long('%0'),
    escapes: long('\\u0000'),
  };
}

const TEXTS = Object.entries(more(LENGTH));

describe.each(Object.entries(LOOKS))('looking at %s', (_, look) => {
  it('takes no text much longer than ordinary English', () => {
    const prose = Math.max(LEAST_MS, millisecondsOf(look, english(LENGTH)));
    const slow = TEXTS.filter(([, text]) => millisecondsOf(look, text) > MOST_TIMES_ENGLISH * prose);
    expect(slow.map(([name]) => name)).toEqual([]);
    tried('request size', TEXTS.length);
  });
});

describe('a text of a megabyte', () => {
  it('leaves others their turns of the event loop while its tokens are counted', async () => {
    let turns = 0;
    let isOver = false;
    const others = () => {
      turns += 1;
      if (!isOver) setImmediate(others);
    };
    setImmediate(others);
    expect(await countTokensInTurns('ab '.repeat(350_000), 'gpt-4')).toBeGreaterThan(350_000);
    isOver = true;
    expect(turns).toBeGreaterThan(50);
    tried('request size', 1);
  });
});

/** The best of several turns, in time of the processor. */
function millisecondsOf(look: (text: string) => unknown, text: string): number {
  let best = Infinity;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const began = process.cpuUsage();
    try {
      look(text);
    } catch {
      // A refusal is an answer.
    }
    const { user, system } = process.cpuUsage(began);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}
