import { newOperationId } from '../operation-id.js';
import { describeVerb, HOURLY, STORAGE, type VerbCase } from '../../../../test/support/quota-table.js';

type Movement = { readonly delta: number } | { readonly total: number };

const adjust =
  (movement: Movement, operationId = newOperationId()): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.adjust({ tenantId, resource: 'bytes', operationId, ...movement });
const limits = [HOURLY, STORAGE];
const at = (used: number) => ({ limits, used: { bytes: used } });

describeVerb('adjust', [
  {
    name: 'goes up by a delta',
    ...at(40),
    call: adjust({ delta: 60 }),
    answers: { allowed: true },
    leaves: [
      [0, 0],
      [100, 0],
    ],
  },
  {
    name: 'goes down by a delta, never below zero',
    ...at(40),
    call: adjust({ delta: -50 }),
    answers: { allowed: true },
    leaves: [
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'goes to a total',
    ...at(40),
    call: adjust({ total: 70 }),
    answers: { allowed: true },
    leaves: [
      [0, 0],
      [70, 0],
    ],
  },
  {
    name: 'does not go beyond the limit, and nothing but less will make it fit',
    ...at(40),
    call: adjust({ delta: 61 }),
    answers: {
      allowed: false,
      retryAfterMs: 'never',
      violations: [{ name: 'storage', used: 40, requested: 61 }],
    },
    leaves: [
      [0, 0],
      [40, 0],
    ],
  },
  {
    name: 'goes down even from beyond the limit',
    ...at(150),
    call: adjust({ total: 120 }),
    answers: { allowed: true },
    leaves: [
      [0, 0],
      [120, 0],
    ],
  },
  {
    name: 'moves once under one name',
    ...at(10),
    call: async (ask) => {
      const again = adjust({ delta: 5 });
      await again(ask);
      return again(ask);
    },
    answers: { allowed: true, repeated: true },
    leaves: [
      [0, 0],
      [15, 0],
    ],
  },
]);
