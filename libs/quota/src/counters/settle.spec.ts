import {
  BURST,
  describeVerb,
  HELD,
  HOURLY,
  SLOTS,
  type VerbCase,
} from '../../../../test/support/quota-table.js';

const settle =
  (cost?: Record<string, number>, operationId = HELD): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.settle({ tenantId, operationId, cost });
const HOUR_MS = 3_600_000;

describeVerb('settle', [
  {
    name: 'charges as held where no cost is told',
    held: { queries: 2, tokens: 50 },
    call: settle(),
    answers: { outcome: 'settled', charged: { hourly: 2, daily: 2, tokens: 50 }, overruns: [] },
    leaves: [
      [2, 0],
      [2, 0],
      [50, 0],
    ],
  },
  {
    name: 'gives back what was not needed, by resource',
    held: { queries: 2, tokens: 50 },
    call: settle({ tokens: 12 }),
    answers: { charged: { hourly: 2, tokens: 12 } },
    leaves: [
      [2, 0],
      [2, 0],
      [12, 0],
    ],
  },
  {
    name: 'charges more than was held while there is room',
    held: { tokens: 50 },
    call: settle({ tokens: 80 }),
    answers: { charged: { tokens: 80 }, overruns: [] },
    leaves: [
      [0, 0],
      [0, 0],
      [80, 0],
    ],
  },
  {
    name: 'stops at the limit and tells what lies beyond it',
    held: { tokens: 50 },
    call: settle({ tokens: 130 }),
    answers: { charged: { tokens: 100 }, overruns: [{ name: 'tokens', limit: 100, amount: 30 }] },
    leaves: [
      [0, 0],
      [0, 0],
      [100, 0],
    ],
  },
  {
    name: 'does not touch the window that has turned since',
    limits: [HOURLY],
    held: { queries: 5 },
    call: async (ask) => {
      await ask.service.extend({ ...ask, operationId: HELD, leaseMs: 2 * HOUR_MS });
      return settle({ queries: 2 })(ask);
    },
    answers: { outcome: 'settled', charged: { hourly: 2 } },
    leaves: [[2, 0]],
  },
  {
    name: 'gives slots back, and of a bucket what has not leaked',
    limits: [SLOTS, BURST],
    held: { queries: 2 },
    laterMs: 1_000,
    call: settle({ queries: 0 }),
    answers: { outcome: 'settled' },
    leaves: [
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'charges nothing once the lease has ended',
    held: { queries: 2 },
    laterMs: 60_000,
    call: settle({ queries: 2 }),
    answers: { outcome: 'expired', charged: {} },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'charges nothing for a name that it never heard',
    call: settle({ queries: 2 }),
    answers: { outcome: 'unknown', charged: {} },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'tells what the first one charged when it comes again',
    held: { queries: 2 },
    call: async (ask) => {
      await settle({ queries: 1 })(ask);
      return settle({ queries: 2 })(ask);
    },
    answers: { outcome: 'settled', repeated: true, charged: { hourly: 1, daily: 1 } },
    leaves: [
      [1, 0],
      [1, 0],
      [0, 0],
    ],
  },
]);
