import { luaNames } from 'fairshare/redis';
import { defineRecord } from './record.js';

/** The letters of the ways in which a job ends. */
export const END = luaNames('end', { succeeded: 's', dead: 'd', cancelled: 'c', expired: 'x' });

export const ENDED = defineRecord('ended', {
  state: 'I1',
  finishedAtMs: 'I6',
  startedAtMs: 'I6',
  attempts: 'I2',
  outcome: 's4',
  record: 'b*',
});
