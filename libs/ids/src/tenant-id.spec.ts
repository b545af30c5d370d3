import { describe, expect, it } from '@jest/globals';
import { canonicalJobId, canonicalTenantId } from './index.js';

const OWN_FORM = [
  'a',
  'x'.repeat(128),
  '日'.repeat(128),
  '😀'.repeat(128),
  '{}',
  ':',
  'a b',
  '%7B',
  "!'()~",
  'é',
  '...',
  '**',
  '.a',
];
const NONE = [
  '',
  ' ',
  ' a',
  'a ',
  '\u00a0a',
  'a\u00a0b',
  'a\u3000',
  '.',
  '..',
  '*',
  'x'.repeat(129),
  '日'.repeat(129),
  'a\0b',
  'a\r\nb',
  'a\u202eb',
  'a\u200bb',
  'a\u00adb',
  'a\ufeff',
  'a\ufe0f',
  'a\u034fb',
  '\u3164',
  '\u2800',
  '\ud800',
  '\ue000',
  '\t',
  '\u2028',
  'x'.repeat(10_240),
  5,
  null,
  undefined,
  ['a'],
  {},
];

describe('a tenant id', () => {
  it.each(OWN_FORM)('%j is its own form', (id) => expect(canonicalTenantId(id)).toBe(id));

  it.each(NONE)('%j is none', (id) => expect(canonicalTenantId(id)).toBeUndefined());

  it('has one form, however it is written', () => {
    expect(canonicalTenantId('cafe\u0301')).toBe('café');
    expect(canonicalTenantId('\u212b')).toBe('å'.toUpperCase());
    expect(canonicalTenantId('e\u0301'.repeat(128))).toBe('é'.repeat(128));
  });
});

describe('a job id', () => {
  it('is a UUID in small letters', () => {
    expect(canonicalJobId('0B9E4F00-AAAA-4BBB-8CCC-0123456789AB')).toBe(
      '0b9e4f00-aaaa-4bbb-8ccc-0123456789ab',
    );
    for (const none of [
      '',
      'x',
      '{0b9e4f00-aaaa-4bbb-8ccc-0123456789ab}',
      '0b9e4f00aaaa4bbb8ccc0123456789ab',
      5,
    ])
      expect(canonicalJobId(none)).toBeUndefined();
  });
});
