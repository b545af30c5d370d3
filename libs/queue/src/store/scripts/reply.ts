import { PackReader } from '../records/pack.js';

/** The reply of a script that answers with packed bytes. */
export function packedReply(raw: unknown): PackReader {
  if (!Buffer.isBuffer(raw)) throw new Error(`Expected packed bytes, got ${typeof raw}`);
  return new PackReader(raw);
}

/** The reply of a script that answers with a list of integers. */
export function integersReply(raw: unknown, count: number): number[] {
  if (!Array.isArray(raw) || raw.length !== count || !raw.every(Number.isSafeInteger)) {
    throw new Error(`Expected ${count} integers, got ${JSON.stringify(raw)}`);
  }
  return raw as number[];
}

/** The reply of a script that answers OK. */
export function okReply(raw: unknown): void {
  if (raw !== 'OK') throw new Error(`Expected OK, got ${JSON.stringify(raw)}`);
}
