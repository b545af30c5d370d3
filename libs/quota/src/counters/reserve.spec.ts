import { parseOperationId } from '../operation-id.js';
import {
  BURST,
  describeVerb,
  HELD,
  HOURLY,
  SLOTS,
  type VerbCase,
} from '../../../../test/support/quota-table.js';

const reserve =
  (cost: Record<string, number>, operation = 'new'): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.reserve({ tenantId, cost, operationId: parseOperationId(operation), leaseMs: 5_000 });

describeVerb('reserve', [
  {
    name: 'holds on every limit, apart from what is used',
    used: { queries: 1 },
    call: reserve({ queries: 2, tokens: 50 }),
    answers: { allowed: true, outcome: 'held', operationId: 'new' },
    leaves: [
      [1, 2],
      [1, 2],
      [0, 50],
    ],
  },
  {
    name: 'holds nothing where one limit is too small',
    used: { tokens: 60 },
    call: reserve({ queries: 2, tokens: 50 }),
    answers: { allowed: false, violations: [{ name: 'tokens', used: 60, held: 0, requested: 50 }] },
    leaves: [
      [0, 0],
      [0, 0],
      [60, 0],
    ],
  },
  {
    name: 'takes slots, and comes back when the first lease of others ends',
    limits: [HOURLY, SLOTS],
    held: { queries: 2 },
    laterMs: 20_000,
    call: reserve({ queries: 1 }),
    answers: { allowed: false, retryAfterMs: 40_000, violations: [{ name: 'slots', limit: 2, held: 2 }] },
    leaves: [
      [0, 2],
      [0, 2],
    ],
  },
  {
    name: 'finds room where a lease has ended, whoever held it',
    limits: [HOURLY, SLOTS],
    held: { queries: 2 },
    laterMs: 60_000,
    call: reserve({ queries: 1 }),
    answers: { allowed: true },
    leaves: [
      [0, 1],
      [0, 1],
    ],
  },
  {
    name: 'counts on a bucket as used at once',
    limits: [BURST],
    call: reserve({ queries: 3 }),
    answers: { allowed: true, outcome: 'held' },
    leaves: [[3, 0]],
  },
  {
    name: 'tells the hold again under the same name, and holds no more',
    held: { queries: 3 },
    call: reserve({ queries: 9 }, HELD),
    answers: { allowed: true, outcome: 'held', repeated: true },
    leaves: [
      [0, 3],
      [0, 3],
      [0, 0],
    ],
  },
  {
    name: 'holds beyond the limit where the tier observes',
    overflow: 'observe',
    used: { queries: 10 },
    call: reserve({ queries: 1 }),
    answers: { allowed: true, mode: 'observe', wouldDeny: [{ name: 'hourly' }] },
    leaves: [
      [10, 1],
      [10, 1],
      [0, 0],
    ],
  },
]);
