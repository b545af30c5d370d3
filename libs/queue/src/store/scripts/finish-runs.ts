import { defineLuaScript, luaCodes } from 'fairshare/redis';
import { type Claims, readClaims } from '../records/claim.js';
import { SHARD_KEYS } from '../keys.js';
import { OUTCOME, OUTCOME_LETTER, type OutcomeKind } from '../records/outcome.js';
import type { PackWriter } from '../records/pack.js';
import { writeRecord } from '../records/record.js';
import { packedReply } from './reply.js';

export type { OutcomeKind };

export interface Outcome {
  readonly jobId: string;
  readonly token: number;
  readonly kind: OutcomeKind;
  /** Units; undefined = as declared. */
  readonly trueCost?: number;
  /** Of `retry`: pause in ms. Of `park`: until when in ms since 1970, 0 = until an unpark. */
  readonly timeMs?: number;
  /** Of `park`: the claim's. */
  readonly wakes?: number;
  /** JSON of the result or error; the reason of `park`. */
  readonly text: string;
}

/** `cancelled`: the job was cancelled meanwhile; it is still leased and must be ended as such. */
export type FinishCode = (typeof CODES)[number];

export interface Finished extends Claims {
  /** In the order of the outcomes. */
  readonly codes: readonly FinishCode[];
}

const CODES = luaCodes('finish code', ['lost', 'done', 'cancelled'], 'FINISH_');
const MAX_TRUE_COST = 1e12;

export const finishRuns = defineLuaScript({
  source: new URL('./finish-runs.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: [
    'limit',
    'leaseMs',
    'maxRunning',
    'maxTenantRunning',
    'keepEndedMs',
    'keepDeadMs',
    'maxEnded',
    'outcomes',
  ],
  replies: 'buffer',
  parse: (raw): Finished => {
    const reader = packedReply(raw);
    const count = reader.uint(2);
    const codes = Array.from({ length: count }, () => CODES[reader.uint(1)]!);
    return { codes, ...readClaims(reader) };
  },
});

export function packOutcome(writer: PackWriter, outcome: Outcome): void {
  const { jobId, token, kind, trueCost, timeMs = 0, wakes = 0, text } = outcome;
  writeRecord(OUTCOME, writer, {
    kind: OUTCOME_LETTER[kind],
    token,
    jobId,
    trueCost: trueCost === undefined ? 0 : Math.min(trueCost, MAX_TRUE_COST) + 1,
    timeMs,
    wakes,
    text,
  });
}
