import { BURST, describeVerb, SLOTS, type VerbCase } from '../../../../test/support/quota-table.js';

const check =
  (cost: Record<string, number>): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.check({ tenantId, cost });

describeVerb('check', [
  {
    name: 'says yes and spends nothing',
    used: { queries: 9 },
    call: check({ queries: 1, tokens: 100 }),
    answers: { allowed: true },
    leaves: [
      [9, 0],
      [9, 0],
      [0, 0],
    ],
  },
  {
    name: 'says no as spend would',
    used: { queries: 9 },
    call: check({ queries: 2 }),
    answers: {
      allowed: false,
      retryAfterMs: 3_600_000,
      violations: [{ name: 'hourly', used: 9, requested: 2 }],
    },
    leaves: [
      [9, 0],
      [9, 0],
      [0, 0],
    ],
  },
  {
    name: 'asks for slots, as a reserve would',
    limits: [SLOTS],
    held: { queries: 2 },
    call: check({ queries: 1 }),
    answers: { allowed: false, violations: [{ name: 'slots', held: 2 }] },
    leaves: [[0, 2]],
  },
  {
    name: 'lets a bucket leak without taking from it',
    limits: [BURST],
    used: { queries: 5 },
    laterMs: 2_000,
    call: check({ queries: 2 }),
    answers: { allowed: true, limits: [{ used: 3, remaining: 2 }] },
    leaves: [[3, 0]],
  },
  {
    name: 'says yes where the tier observes, and marks what would not fit',
    overflow: 'observe',
    used: { queries: 10 },
    call: check({ queries: 1 }),
    answers: { allowed: true, mode: 'observe', wouldDeny: [{ name: 'hourly' }] },
    leaves: [
      [10, 0],
      [10, 0],
      [0, 0],
    ],
  },
]);
