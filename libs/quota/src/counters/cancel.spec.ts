import { BURST, describeVerb, HELD, SLOTS, type VerbCase } from '../../../../test/support/quota-table.js';

const cancel: VerbCase['call'] = ({ service, tenantId }) => service.cancel({ tenantId, operationId: HELD });

describeVerb('cancel', [
  {
    name: 'gives everything back',
    used: { queries: 1 },
    held: { queries: 2, tokens: 50 },
    call: cancel,
    answers: { outcome: 'cancelled', charged: {}, overruns: [], repeated: false },
    leaves: [
      [1, 0],
      [1, 0],
      [0, 0],
    ],
  },
  {
    name: 'gives back slots, and of a bucket what has not leaked',
    limits: [SLOTS, BURST],
    used: { queries: 2 },
    held: { queries: 2 },
    laterMs: 1_000,
    call: cancel,
    answers: { outcome: 'cancelled' },
    // Four were in it; one leaked, and two came back.
    leaves: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'is the same the second time',
    held: { queries: 2 },
    call: async (ask) => {
      await cancel(ask);
      return cancel(ask);
    },
    answers: { outcome: 'cancelled', repeated: true },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'takes nothing back that was settled',
    held: { queries: 2 },
    call: async (ask) => {
      await ask.service.settle({ tenantId: ask.tenantId, operationId: HELD });
      return cancel(ask);
    },
    answers: { outcome: 'settled', repeated: true },
    leaves: [
      [2, 0],
      [2, 0],
      [0, 0],
    ],
  },
  {
    name: 'does nothing once the lease has ended',
    held: { queries: 2 },
    laterMs: 60_000,
    call: cancel,
    answers: { outcome: 'expired' },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'does nothing for a name that it never heard',
    call: cancel,
    answers: { outcome: 'unknown' },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
]);
