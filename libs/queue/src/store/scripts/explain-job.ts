import { defineLuaScript } from 'fairshare/redis';
import { SHARD_KEYS } from '../keys.js';

/** Where a live job stands. */
export interface Standing {
  readonly nowMs: number;
  readonly isInLine: boolean;
  /** Own jobs before it. */
  readonly ahead: number;
  readonly dueAtMs: number;
  readonly paused: boolean;
  readonly capped: boolean;
  /** 0 = not parked, -1 = until an unpark. */
  readonly parkedUntilMs: number;
  readonly parkReason: string;
  /** -1 = unknown. */
  readonly jobsBefore: number;
  readonly running: number;
  readonly tenantRunning: number;
  /** All tenants are paused. */
  readonly queuePaused: boolean;
}

export const explainJob = defineLuaScript({
  source: new URL('./explain-job.lua', import.meta.url),
  keys: SHARD_KEYS,
  args: ['jobId'],
  parse: (raw): Standing | undefined => {
    if (!Array.isArray(raw)) throw new Error('Expected a standing');
    const values = raw as (number | string)[];
    if (values[0] === 0) return undefined;
    const number = (index: number) => values[index] as number;
    return {
      nowMs: number(1),
      isInLine: number(2) === 1,
      ahead: number(3),
      dueAtMs: number(4),
      paused: number(5) === 1,
      capped: number(6) === 1,
      parkedUntilMs: number(7),
      parkReason: String(values[8]),
      jobsBefore: number(9),
      running: number(10),
      tenantRunning: number(11),
      queuePaused: number(12) === 1,
    };
  },
});
