import { defineRecord } from './record.js';

export const SHARD = defineRecord('shard', {
  sequence: 'I7',
  token: 'I7',
  tenantNumber: 'I5',
  entries: 'I7',
  clock: 'd',
  pending: 'd',
  readyWeight: 'd',
  bytes: 'I7',
  paused: 'I1',
  parked: 'I4',
});
