import { defineLuaScript } from 'fairshare/redis';
import { type Claims, readClaims } from '../records/claim.js';
import { SHARD_KEYS } from '../keys.js';
import { PackWriter } from '../records/pack.js';
import { packedReply } from './reply.js';

/** How a run ended. `back` returns the job to its place in line, uncharged; `park` also holds its tenant back. */
export type OutcomeKind = 'succeeded' | 'dead' | 'cancelled' | 'expired' | 'retry' | 'back' | 'park';

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
export type FinishCode = 'lost' | 'done' | 'cancelled';

export interface Finished extends Claims {
  /** In the order of the outcomes. */
  readonly codes: readonly FinishCode[];
}

const LETTERS: Readonly<Record<OutcomeKind, string>> = {
  succeeded: 's',
  dead: 'd',
  cancelled: 'c',
  expired: 'x',
  retry: 'r',
  back: 'w',
  park: 'p',
};
const CODES: readonly FinishCode[] = ['lost', 'done', 'cancelled'];
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
  const idBytes = Buffer.byteLength(outcome.jobId);
  const textBytes = Buffer.byteLength(outcome.text);
  writer
    .text(LETTERS[outcome.kind], 1)
    .uint(outcome.token, 7)
    .uint(idBytes, 1)
    .uint(outcome.trueCost === undefined ? 0 : Math.min(outcome.trueCost, MAX_TRUE_COST) + 1, 6)
    .uint(outcome.timeMs ?? 0, 6)
    .uint(outcome.wakes ?? 0, 5)
    .uint(textBytes, 4)
    .text(outcome.jobId, idBytes)
    .text(outcome.text, textBytes);
}
