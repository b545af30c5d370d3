import { BURST, describeVerb, HELD, STORAGE, type VerbCase } from '../../../../test/support/quota-table.js';

const reset =
  (limits?: readonly string[]): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.reset({ tenantId, limits });

describeVerb('reset', [
  {
    name: 'returns every counter to zero and drops every hold',
    used: { queries: 3, tokens: 7 },
    held: { queries: 2 },
    call: reset(),
    answers: { openHolds: 0 },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'returns the named ones, and holds stay',
    used: { queries: 3, tokens: 7 },
    held: { queries: 2 },
    call: reset(['hourly']),
    answers: { openHolds: 1 },
    leaves: [
      [0, 2],
      [3, 2],
      [7, 0],
    ],
  },
  {
    name: 'empties buckets and levels too',
    limits: [STORAGE, BURST],
    used: { queries: 3, bytes: 7 },
    call: reset(),
    answers: {},
    leaves: [
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'makes a dropped hold end as expired',
    held: { queries: 2 },
    call: async (ask) => {
      await reset()(ask);
      return ask.service.settle({ tenantId: ask.tenantId, operationId: HELD });
    },
    answers: { outcome: 'expired', charged: {} },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
]);
