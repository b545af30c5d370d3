import { luaNames } from 'fairshare/redis';
import { defineRecord } from './record.js';

export const RUN_STATE = luaNames('run state', { waiting: 0, running: 1, retrying: 2 });

export const RUN = defineRecord('run', {
  state: 'I1',
  kind: 'I1',
  attempts: 'I2',
  token: 'I7',
  startedAtMs: 'I6',
  weight: 'I4',
  period: 'I5',
  cancelled: 'I1',
  error: 's*',
});
