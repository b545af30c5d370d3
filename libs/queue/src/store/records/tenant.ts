import { defineRecord } from './record.js';

export const TENANT = defineRecord('tenant', {
  number: 'I5',
  tag: 'd',
  floor: 'd',
  gap: 'd',
  weight: 'I4',
  period: 'I5',
  waiting: 'I4',
  delayed: 'I4',
  bytes: 'I7',
  lineCost: 'I7',
  cap: 'I4',
  paused: 'I1',
  capped: 'I1',
  drained: 'I1',
  parkedUntil: 'd',
  entry: 'I7',
  wakes: 'I5',
  reason: 's*',
});
