import type { LedgerEntry } from '../ledger/usage-ledger.js';
import { KIND } from '../limits/limit-kinds.js';
import type { QuotaPlan } from './quota-plan.js';

const EMPTY_BYTES = 38;
const SLOT_BYTES = 26;

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
  const shapeAt = 1 + slots * 8 + 36 + slots * 8;
  bytes.writeUInt8(slots * 2, shapeAt);
  [...last.values()].forEach(({ limitId, kind, windowEndMs, used }, index) => {
    bytes.writeDoubleLE(Math.min(used, Number.MAX_SAFE_INTEGER), 1 + index * 8);
    bytes.writeUInt8(limitId, shapeAt + 1 + index * 2);
    bytes.writeUInt8(kind, shapeAt + 2 + index * 2);
    bytes.writeDoubleLE(kind === KIND.level ? 0 : windowEndMs, shapeAt + 1 + slots * 2 + index * 8);
  });
  return bytes;
}

/** Starts a tenant at zero. */
export const EMPTY_SEED: Buffer = emptyCounters(0);

/** Asks the script to say `cold` instead of starting at zero. */
export const NO_SEED: Buffer = Buffer.alloc(0);

function emptyCounters(slots: number): Buffer {
  const bytes = Buffer.alloc(EMPTY_BYTES + slots * SLOT_BYTES);
  bytes.writeUInt8(2, 0);
  return bytes;
}
