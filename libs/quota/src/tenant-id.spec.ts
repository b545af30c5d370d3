import { describe, expect, it } from '@jest/globals';
import { encodeId, QuotaKeys } from './counters/keys.js';
import { newOperationId, parseOperationId } from './operation-id.js';
import { InvalidOperationIdError, InvalidTenantIdError } from './quota.errors.js';
import { parseTenantId } from './tenant-id.js';

const GOOD = [
  'a',
  'x'.repeat(128),
  '日'.repeat(128),
  '{}',
  '}',
  ':',
  'a b',
  '%7B',
  '{',
  "!'()~",
  '\u00e9',
  '😀',
];
const BAD = [
  '',
  'x'.repeat(129),
  'a\0b',
  'a\r\nb',
  'a‮b',
  'a​b',
  '\ud800',
  '\t',
  '\u2028',
  'x'.repeat(10_240),
  5,
  null,
];

describe('a tenant id', () => {
  it.each(GOOD)('may be %j', (id) => expect(parseTenantId(id)).toBe(id));

  it.each(BAD)('may not be %j', (id) => expect(() => parseTenantId(id)).toThrow(InvalidTenantIdError));

  it('never shares a key with another one, and has one slot', () => {
    const keys = new QuotaKeys('p');
    const made = GOOD.map((id) => keys.counters(parseTenantId(id)));
    expect(new Set(made).size).toBe(GOOD.length);
    for (const key of made) expect(key).toMatch(/^p:\{[A-Za-z0-9_.%-]+\}:c$/);
    expect(GOOD.map((id) => decodeURIComponent(encodeId(parseTenantId(id))))).toEqual(GOOD);
  });
});

describe('an operation id', () => {
  it.each(['', 'a'.repeat(65), 'a b', 'ü', '{', '\n', undefined])('may not be %j', (id) =>
    expect(() => parseOperationId(id)).toThrow(InvalidOperationIdError),
  );

  it('is new each time, and a good one', () => {
    const ids = Array.from({ length: 1_000 }, () => parseOperationId(newOperationId()));
    expect(new Set(ids).size).toBe(1_000);
  });
});
