import { luaNames } from 'fairshare/redis';
import type { LedgerEntry } from '../../ledger/usage-ledger.js';
import { KIND } from '../../limits/limit-kinds.js';
import { defineColumns } from './columns.js';
import type { QuotaPlan } from './plan.js';

const { countersVersion } = luaNames('counters', { countersVersion: 2 });

export const COUNTERS = defineColumns('counters', {
  version: 'B',
  used: 'd*',
  open: 'I4',
  nextExpiry: 'd',
  holdsUntil: 'd',
  expiresAt: 'd',
  turnsAt: 'd',
  held: 'd*',
  shapeSize: 'B',
  shape: 'BB*',
  marks: 'd*',
});

/** Counters of a tenant of which Redis knows nothing, in the form of counters/records/counters.lua. */
export function packSeed(plan: QuotaPlan, entries: readonly LedgerEntry[]): Buffer {
  const known = entries.flatMap((entry) => {
    const planned = plan.entries.find(({ limit }) => limit.definition.id === entry.limitId);
    const counts = planned && planned.kind !== KIND.bucket && planned.kind !== KIND.concurrency;
    return counts && entry.used > 0 ? [{ ...entry, kind: planned.kind }] : [];
  });
  // Of several windows of one limit the last is the one that may still run.
  const last = new Map<number, (typeof known)[number]>();
  for (const entry of known) {
    const other = last.get(entry.limitId);
    if (!other || entry.windowEndMs > other.windowEndMs) last.set(entry.limitId, entry);
  }
  const slots = last.size;
  const bytes = emptyCounters(slots);
  bytes.writeUInt8(slots * 2, COUNTERS.at('shapeSize', slots));
  [...last.values()].forEach(({ limitId, kind, windowEndMs, used }, index) => {
    const shapeAt = COUNTERS.at('shape', slots) + index * 2;
    const mark = kind === KIND.level ? 0 : windowEndMs;
    bytes.writeDoubleLE(Math.min(used, Number.MAX_SAFE_INTEGER), COUNTERS.at('used', slots) + index * 8);
    bytes.writeUInt8(limitId, shapeAt);
    bytes.writeUInt8(kind, shapeAt + 1);
    bytes.writeDoubleLE(mark, COUNTERS.at('marks', slots) + index * 8);
  });
  return bytes;
}

/** Starts a tenant at zero. */
export const EMPTY_SEED: Buffer = emptyCounters(0);

/** Asks the script to say `cold` instead of starting at zero. */
export const NO_SEED: Buffer = Buffer.alloc(0);

function emptyCounters(slots: number): Buffer {
  const bytes = Buffer.alloc(COUNTERS.bytes(slots));
  bytes.writeUInt8(countersVersion, COUNTERS.at('version', slots));
  return bytes;
}
