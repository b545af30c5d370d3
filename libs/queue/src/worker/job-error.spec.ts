import { describe, expect, it } from '@jest/globals';
import { UnrecoverableJobError } from '../queue.errors.js';
import { toJobError } from './job-error.js';

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const trap = new Proxy(
  {},
  {
    get() {
      throw new Error('trap');
    },
  },
);
const nameless = new Error();
Object.defineProperty(nameless, 'message', { value: { not: 'a text' } });
const NOTHING = 'It failed and did not say why';

describe('toJobError', () => {
  it.each<[string, unknown, object]>([
    ['an error', new Error('broke'), { message: 'broke' }],
    ['an error with a code', new UnrecoverableJobError('no'), { message: 'no', code: 'unrecoverable' }],
    ['an error whose code is no text', Object.assign(new Error('broke'), { code: 42 }), { message: 'broke' }],
    ['an error whose message is no text', nameless, { message: NOTHING }],
    ['a text', 'broke', { message: 'broke' }],
    ['null', null, { message: 'null' }],
    ['undefined', undefined, { message: 'undefined' }],
    ['a symbol', Symbol('s'), { message: 'Symbol(s)' }],
    ['a big number', 10n, { message: '10' }],
    ['an object', { why: 1 }, { message: '{"why":1}' }],
    ['an object with a message', { message: 'broke' }, { message: 'broke' }],
    ['an object without a prototype', Object.create(null), { message: '{}' }],
    ['a cyclic object', cyclic, { message: NOTHING }],
    ['an object that cannot be read', trap, { message: NOTHING }],
    ['a function', Math.max, { message: 'function max() { [native code] }' }],
    ['NUL and half a pair', new Error('a\0b\ud83d'), { message: 'a\uFFFDb\uFFFD' }],
    [
      'a pair at the cut',
      new Error(`${'x'.repeat(1_999)}😀 and more`),
      { message: `${'x'.repeat(1_999)}\uFFFD…` },
    ],
  ])('keeps what can be kept of %s', (_, thrown, kept) => {
    expect(toJobError(thrown)).toEqual(kept);
  });

  it('cuts a huge message', () => {
    expect(toJobError(new Error('x'.repeat(50_000_000))).message).toHaveLength(2_001);
  });
});
