import { newOperationId } from '../operation-id.js';
import { BURST, describeVerb, SLOTS, type VerbCase } from '../../../../test/support/quota-table.js';

const record =
  (cost: Record<string, number>, operationId = newOperationId()): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.record({ tenantId, cost, operationId });

describeVerb('record', [
  {
    name: 'charges within the limits like a spend',
    call: record({ queries: 3 }),
    answers: { charged: { hourly: 3, daily: 3 }, overruns: [], repeated: false },
    leaves: [
      [3, 0],
      [3, 0],
      [0, 0],
    ],
  },
  {
    name: 'charges beyond a limit and marks what lies beyond it',
    used: { queries: 8 },
    call: record({ queries: 5 }),
    answers: { charged: { hourly: 5, daily: 5 }, overruns: [{ name: 'hourly', limit: 10, amount: 3 }] },
    leaves: [
      [13, 0],
      [13, 0],
      [0, 0],
    ],
  },
  {
    name: 'counts what is held as taken',
    held: { queries: 8 },
    call: record({ queries: 5 }),
    answers: { overruns: [{ name: 'hourly', amount: 3 }] },
    leaves: [
      [5, 8],
      [5, 8],
      [0, 0],
    ],
  },
  {
    name: 'fills a bucket beyond its burst, and takes no slot',
    limits: [SLOTS, BURST],
    call: record({ queries: 7 }),
    answers: { overruns: [{ name: 'burst', limit: 5, amount: 2 }] },
    leaves: [
      [0, 0],
      [7, 0],
    ],
  },
  {
    name: 'charges once under one name, and tells it again',
    call: async (ask) => {
      const again = record({ queries: 2 });
      await again(ask);
      return again(ask);
    },
    answers: { repeated: true, charged: { hourly: 2, daily: 2 } },
    leaves: [
      [2, 0],
      [2, 0],
      [0, 0],
    ],
  },
]);
