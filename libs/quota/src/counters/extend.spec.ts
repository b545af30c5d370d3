import { describeVerb, HELD, type VerbCase } from '../../../../test/support/quota-table.js';
import { START_MS } from '../../../../test/support/quota-harness.js';

const extend =
  (more: { leaseMs?: number; cost?: Record<string, number> }): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.extend({ tenantId, operationId: HELD, ...more });

describeVerb('extend', [
  {
    name: 'makes the lease longer from now on',
    held: { queries: 2 },
    laterMs: 10_000,
    call: extend({ leaseMs: 60_000 }),
    answers: { allowed: true, outcome: 'held', leaseExpiresAtMs: START_MS + 70_000 },
    leaves: [
      [0, 2],
      [0, 2],
      [0, 0],
    ],
  },
  {
    name: 'never makes the lease shorter',
    held: { queries: 2 },
    call: extend({ leaseMs: 1 }),
    answers: { outcome: 'held', leaseExpiresAtMs: START_MS + 60_000 },
    leaves: [
      [0, 2],
      [0, 2],
      [0, 0],
    ],
  },
  {
    name: 'holds what the cost is in all',
    held: { queries: 2, tokens: 10 },
    call: extend({ cost: { tokens: 40 } }),
    answers: { allowed: true },
    leaves: [
      [0, 2],
      [0, 2],
      [0, 40],
    ],
  },
  {
    name: 'holds no less for a smaller cost',
    held: { tokens: 10 },
    call: extend({ cost: { tokens: 4 } }),
    answers: { allowed: true },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 10],
    ],
  },
  {
    name: 'stays as it was where more does not fit',
    held: { queries: 2, tokens: 10 },
    used: { tokens: 80 },
    call: extend({ cost: { tokens: 21 }, leaseMs: 600_000 }),
    answers: { allowed: false, outcome: 'denied', violations: [{ name: 'tokens' }] },
    leaves: [
      [0, 2],
      [0, 2],
      [80, 10],
    ],
  },
  {
    name: 'says that the lease has ended',
    held: { queries: 2 },
    laterMs: 60_000,
    call: extend({}),
    answers: { allowed: false, outcome: 'expired' },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
  {
    name: 'says that it never heard the name',
    call: extend({}),
    answers: { allowed: false, outcome: 'unknown' },
    leaves: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  },
]);
