import { luaCodes } from 'fairshare/redis';
import { defineRecord } from './record.js';

export const REQUEST = defineRecord('request', {
  jobId: 's1',
  tenantId: 's2',
  dedupeKey: 's1',
  body: 'b4',
  cost: 'I4',
  weight: 'I4',
  priority: 'I2',
  delayMs: 'I6',
  ttlMs: 'I6',
  maxAttempts: 'I2',
  maxRunMs: 'I4',
  maxDepth: 'I4',
  attemptsUsed: 'I2',
});

export const ENQUEUE_CODES = luaCodes('enqueue code', [
  'added',
  'known',
  'tenant_queue_full',
  'tenant_bytes_full',
  'queue_full',
  'queue_bytes_full',
]);

export const ENQUEUED = defineRecord('enqueued', { code: 'I1', depth: 'I7', knownId: 's1' });
