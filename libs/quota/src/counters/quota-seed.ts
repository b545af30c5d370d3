import type { LedgerEntry } from '../ledger/usage-ledger.js';
import { KIND } from '../limits/limit-kinds.js';
import type { QuotaPlan } from './quota-plan.js';

const HEADER_BYTES = 29;
const SLOT_BYTES = 26;

/** Counters of a tenant of which Redis knows nothing, in the form of counters/shared/load.lua. */
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
  const bytes = Buffer.alloc(HEADER_BYTES + last.size * SLOT_BYTES);
  bytes.writeUInt8(1, 0);
  let at = HEADER_BYTES;
  for (const { limitId, kind, windowEndMs, used } of last.values()) {
    bytes.writeUInt8(limitId, at);
    bytes.writeUInt8(kind, at + 1);
    bytes.writeDoubleLE(kind === KIND.level ? 0 : windowEndMs, at + 2);
    bytes.writeDoubleLE(Math.min(used, Number.MAX_SAFE_INTEGER), at + 10);
    at += SLOT_BYTES;
  }
  return bytes;
}

/** Starts a tenant at zero. */
export const EMPTY_SEED: Buffer = (() => {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt8(1, 0);
  return bytes;
})();

/** Asks the script to say `cold` instead of starting at zero. */
export const NO_SEED: Buffer = Buffer.alloc(0);
