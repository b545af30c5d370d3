import { luaNames } from 'fairshare/redis';
import { END } from './ended.js';
import { defineRecord } from './record.js';

/** How a run ended. `back` returns the job to its place in line, uncharged; `park` also holds its tenant back. */
export type OutcomeKind = keyof typeof OUTCOME_LETTER;

export const OUTCOME_LETTER = { ...END, ...luaNames('outcome', { retry: 'r', back: 'w', park: 'p' }) };

export const OUTCOME = defineRecord('outcome', {
  kind: 'c1',
  token: 'I7',
  jobId: 's1',
  trueCost: 'I6',
  timeMs: 'I6',
  wakes: 'I5',
  text: 's4',
});
