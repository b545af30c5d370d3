import { type JobRecord, readJobRecord } from './job.js';
import type { PackReader } from './pack.js';

/** Why a job was leased: to run it, or only to end it. */
export type ClaimKind = 'run' | 'expired' | 'lost' | 'cancelled';

export interface Claim {
  readonly kind: ClaimKind;
  readonly token: number;
  /** Runs begun, this one included where the kind is `run`. */
  readonly attempts: number;
  /** The tenant's count of unparks when the job was claimed. */
  readonly wakes: number;
  /** JSON of the last failed run's error; empty where there is none. */
  readonly lastError: string;
  readonly record: JobRecord;
}

export interface Claims {
  /** More could be claimed at once. */
  readonly more: boolean;
  /** Redis' time. */
  readonly nowMs: number;
  /** When something becomes due by itself; 0 = nothing will. */
  readonly nextDueMs: number;
  readonly claims: readonly Claim[];
}

const KINDS: readonly ClaimKind[] = ['run', 'expired', 'lost', 'cancelled'];

export function readClaims(reader: PackReader): Claims {
  const more = reader.uint(1) === 1;
  const nowMs = reader.uint(6);
  const nextDueMs = reader.uint(6);
  const count = reader.uint(2);
  return { more, nowMs, nextDueMs, claims: Array.from({ length: count }, () => readClaim(reader)) };
}

export function readClaim(reader: PackReader): Claim {
  const kind = KINDS[reader.uint(1)]!;
  const token = reader.uint(7);
  const attempts = reader.uint(2);
  const wakes = reader.uint(5);
  const idBytes = reader.uint(1);
  const errorBytes = reader.uint(2);
  const recordBytes = reader.uint(4);
  const jobId = reader.text(idBytes);
  const lastError = reader.text(errorBytes);
  return { kind, token, attempts, wakes, lastError, record: readJobRecord(jobId, reader.slice(recordBytes)) };
}
