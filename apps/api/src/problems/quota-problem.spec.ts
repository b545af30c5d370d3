import { describe, expect, it } from '@jest/globals';
import type { Denied, LimitKind, Violation } from 'fairshare/quota';
import { tried } from '../../../../test/support/tried.js';
import { quotaProblem } from './quota-problem.js';

interface Case {
  readonly what: string;
  readonly kind: LimitKind;
  /** limit, used, held, requested. */
  readonly numbers: readonly [number, number, number, number];
  readonly retryAfterMs: number | 'never';
  readonly says: string;
}

const CASES: readonly Case[] = [
  {
    what: 'a used-up window',
    kind: 'window',
    numbers: [10, 10, 0, 1],
    retryAfterMs: 1500,
    says: 'some_limit is used up (10). Try again in 2 s or ask for a higher limit.',
  },
  {
    what: 'a window with too little left',
    kind: 'window',
    numbers: [10, 8, 0, 3],
    retryAfterMs: 1000,
    says: 'some_limit has 2 of 10 left, and this asks for 3. Try again in 1 s or ask for a higher limit.',
  },
  {
    what: 'a window that open holds fill',
    kind: 'window',
    numbers: [10, 2, 8, 1],
    retryAfterMs: 1000,
    says: 'some_limit is set aside for requests under way (2 used and 8 held of 10). Try again in 1 s or ask for a higher limit.',
  },
  {
    what: 'a request larger than its limit',
    kind: 'window',
    numbers: [10, 0, 0, 11],
    retryAfterMs: 'never',
    says: 'This request alone is larger than some_limit (11 of 10); it can never be admitted. Ask for less, or for a higher limit.',
  },
  {
    what: 'a full level that the request alone would fit',
    kind: 'level',
    numbers: [10, 9, 0, 3],
    retryAfterMs: 'never',
    says: 'some_limit is at 9 used of 10, and this asks for 3 more; it does not fall by itself. Free 2, or ask for a higher limit.',
  },
  {
    what: 'a level that open holds fill',
    kind: 'level',
    numbers: [10, 4, 5, 3],
    retryAfterMs: 'never',
    says: 'some_limit is at 4 used and 5 held of 10, and this asks for 3 more; it does not fall by itself. Free 2, or ask for a higher limit.',
  },
  {
    what: 'a request larger than a level',
    kind: 'level',
    numbers: [10, 0, 0, 11],
    retryAfterMs: 'never',
    says: 'This request alone is larger than some_limit (11 of 10); it can never be admitted. Ask for less, or for a higher limit.',
  },
  {
    what: 'taken slots',
    kind: 'concurrency',
    numbers: [2, 0, 2, 1],
    retryAfterMs: 60_000,
    says:
      '2 of 2 slots of some_limit are taken by requests under way, and this asks for 1. When a request under way ends is not ' +
      'known; at the latest, its lease ends in 60 s. Try again after another of yours has ended.',
  },
];

describe('the words of a denial', () => {
  it.each(CASES)('tell $what', ({ kind, numbers, retryAfterMs, says }) => {
    const problem = quotaProblem(denied(kind, numbers, retryAfterMs));
    expect(problem.message).toBe(says);
    expect(problem.code).toBe(retryAfterMs === 'never' ? 'cost_exceeds_limit' : 'quota_exceeded');
    tried('denial text', 1);
  });
});

function denied(kind: LimitKind, numbers: Case['numbers'], retryAfterMs: number | 'never'): Denied {
  const [limit, used, held, requested] = numbers;
  const named = { name: 'some_limit', resource: 'things', limit, used, held };
  const violation: Violation = { ...named, requested, retryAfterMs };
  return {
    allowed: false,
    outcome: 'denied',
    violations: [violation],
    retryAfterMs,
    limits: [{ id: 1, kind, ...named, remaining: limit - used - held, resetsAtMs: null, source: 'tier' }],
    decidedAtMs: 0,
  } as unknown as Denied;
}
