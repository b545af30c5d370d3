import { luaCodes } from 'fairshare/redis';
import { type JobRecord, readJobRecord } from './job.js';
import type { PackReader } from './pack.js';
import { defineRecord, readRecord } from './record.js';

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

const KINDS = luaCodes('claim kind', ['run', 'expired', 'lost', 'cancelled'], 'CLAIM_');

const CLAIM = defineRecord('claim', {
  kind: 'I1',
  token: 'I7',
  attempts: 'I2',
  wakes: 'I5',
  jobId: 's1',
  lastError: 's2',
  record: 'b4',
});

const CLAIMS = defineRecord('claims', { more: 'I1', nowMs: 'I6', nextDueMs: 'I6', count: 'I2' });

export function readClaims(reader: PackReader): Claims {
  const { more, nowMs, nextDueMs, count } = readRecord(CLAIMS, reader);
  const claims = Array.from({ length: count }, () => readClaim(reader));
  return { more: more === 1, nowMs, nextDueMs, claims };
}

export function readClaim(reader: PackReader): Claim {
  const { kind, token, attempts, wakes, jobId, lastError, record } = readRecord(CLAIM, reader);
  return { kind: KINDS[kind]!, token, attempts, wakes, lastError, record: readJobRecord(jobId, record) };
}
