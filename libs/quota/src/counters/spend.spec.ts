import { newOperationId, parseOperationId } from '../operation-id.js';
import { BURST, describeVerb, SLOTS, STORAGE, type VerbCase } from '../../../../test/support/quota-table.js';

const spend =
  (cost: Record<string, number>, operation?: string): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.spend({ tenantId, cost, ...(operation ? { operationId: parseOperationId(operation) } : {}) });
const HOUR_MS = 3_600_000;

describeVerb('spend', [
  {
    name: 'charges every limit of each resource',
    call: spend({ queries: 2, tokens: 30 }),
    answers: { allowed: true, outcome: 'spent', repeated: false, leaseExpiresAtMs: null },
    leaves: [
      [2, 0],
      [2, 0],
      [30, 0],
    ],
  },
  {
    name: 'takes the last unit',
    used: { queries: 9 },
    call: spend({ queries: 1 }),
    answers: { allowed: true },
    leaves: [
      [10, 0],
      [10, 0],
      [0, 0],
    ],
  },
  {
    name: 'leaves every limit alone where one is too small',
    used: { queries: 10 },
    call: spend({ queries: 1, tokens: 5 }),
    answers: {
      allowed: false,
      outcome: 'denied',
      retryAfterMs: HOUR_MS,
      violations: [{ name: 'hourly', limit: 10, used: 10, requested: 1, retryAfterMs: HOUR_MS }],
    },
    leaves: [
      [10, 0],
      [10, 0],
      [0, 0],
    ],
  },
  {
    name: 'names every limit that is too small, and the latest time counts',
    used: { queries: 10, tokens: 98 },
    call: spend({ queries: 1, tokens: 5 }),
    answers: { violations: [{ name: 'hourly' }, { name: 'tokens' }], retryAfterMs: 12 * HOUR_MS },
    leaves: [
      [10, 0],
      [10, 0],
      [98, 0],
    ],
  },
  {
    name: 'never fits what is larger than a limit itself',
    call: spend({ queries: 11 }),
    answers: { allowed: false, retryAfterMs: 'never' },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'counts what others hold',
    held: { queries: 10 },
    call: spend({ queries: 1 }),
    answers: { allowed: false, retryAfterMs: 60_000 },
    leaves: [
      [0, 10],
      [0, 10],
      [0, 0],
    ],
  },
  {
    name: 'starts the window that has turned',
    used: { queries: 10 },
    laterMs: HOUR_MS,
    call: spend({ queries: 1 }),
    answers: { allowed: true },
    leaves: [
      [1, 0],
      [11, 0],
      [0, 0],
    ],
  },
  {
    name: 'of nothing is allowed however full the limits are',
    used: { queries: 20 },
    call: spend({}),
    answers: { allowed: true },
    leaves: [
      [20, 0],
      [20, 0],
      [0, 0],
    ],
  },
  {
    name: 'takes a bucket and a level, and no slot',
    limits: [STORAGE, SLOTS, BURST],
    call: spend({ queries: 5, bytes: 7 }),
    answers: { allowed: true },
    leaves: [
      [7, 0],
      [0, 0],
      [5, 0],
    ],
  },
  {
    name: 'waits for a bucket to leak',
    limits: [BURST],
    used: { queries: 5 },
    laterMs: 1_500,
    call: spend({ queries: 2 }),
    answers: { allowed: false, retryAfterMs: 500 },
    leaves: [[4, 0]],
  },
  {
    name: 'refuses nothing where the tier observes, and marks it',
    overflow: 'observe',
    used: { queries: 10 },
    call: spend({ queries: 1 }),
    answers: { allowed: true, mode: 'observe', wouldDeny: [{ name: 'hourly' }] },
    leaves: [
      [11, 0],
      [11, 0],
      [0, 0],
    ],
  },
  {
    name: 'moves nothing the second time under one name',
    call: async (ask) => {
      const name = newOperationId();
      await spend({ queries: 4 }, name)(ask);
      return spend({ queries: 4 }, name)(ask);
    },
    answers: { allowed: true, outcome: 'spent', repeated: true },
    leaves: [
      [4, 0],
      [4, 0],
      [0, 0],
    ],
  },
]);
