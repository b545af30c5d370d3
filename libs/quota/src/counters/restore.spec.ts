import { START_MS } from '../../../../test/support/quota-harness.js';
import { BURST, describeVerb, SLOTS, STORAGE, type VerbCase } from '../../../../test/support/quota-table.js';

const HOUR_END = START_MS + 3_600_000;
const DAY_END = START_MS + 12 * 3_600_000;

const restore =
  (
    ...entries: readonly (readonly [limitId: number, windowEndMs: number, used: number])[]
  ): VerbCase['call'] =>
  ({ service, tenantId }) =>
    service.restore({
      tenantId,
      entries: entries.map(([limitId, windowEndMs, used]) => ({ limitId, windowEndMs, used })),
    });

describeVerb('restore', [
  {
    name: 'raises the use of a window that runs, whatever is held, even beyond its limit',
    used: { queries: 3, tokens: 7 },
    held: { queries: 2 },
    call: restore([1, HOUR_END, 12], [3, DAY_END, 50]),
    answers: [
      { limitId: 1, from: 3, to: 12 },
      { limitId: 3, from: 7, to: 50 },
    ],
    leaves: [
      [12, 2],
      [3, 2],
      [50, 0],
    ],
  },
  {
    name: 'lowers nothing, and leaves what it knows nothing of',
    used: { queries: 3, tokens: 7 },
    call: restore([1, HOUR_END, 2], [9, DAY_END, 99]),
    answers: [],
    leaves: [
      [3, 0],
      [3, 0],
      [7, 0],
    ],
  },
  {
    name: 'leaves a window alone that turned meanwhile',
    used: { queries: 3 },
    laterMs: 3_600_000,
    call: restore([1, HOUR_END, 9]),
    answers: [],
    leaves: [
      [0, 0],
      [3, 0],
      [0, 0],
    ],
  },
  {
    name: 'sets a level, and leaves buckets and slots to Redis',
    limits: [STORAGE, BURST, SLOTS],
    used: { bytes: 7, queries: 1 },
    held: { queries: 1 },
    call: restore([4, 0, 5], [6, 0, 4], [5, 0, 2]),
    answers: [{ limitId: 4, from: 7, to: 5 }],
    leaves: [
      [5, 0],
      [0, 1],
      [2, 0],
    ],
  },
]);
