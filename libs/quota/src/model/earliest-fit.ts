import { capacityOf, KIND } from '../limits/limit-kinds.js';
import type { EffectiveLimit, TenantLimits } from '../quota.types.js';
import type { TenantModel } from './tenant-model.js';

/**
 * Earliest time after `nowMs` at which a limit takes a cost if nothing else happens, found by trying: at the end of the
 * window, at the end of every lease, and, for a bucket, by bisection between them.
 */
export function earliestFit(
  state: TenantModel,
  limits: TenantLimits,
  limit: EffectiveLimit,
  cost: number,
  nowMs: number,
): number | 'never' {
  if (cost > capacityOf(limit)) return 'never';
  const fitsAt = (atMs: number): boolean => {
    const later = state.clone();
    later.advance(limits, atMs);
    return later.fits(limit, cost);
  };
  const { kind, mark, used } = state.counter(limit);
  const moments = state.holds.map(({ deadlineMs }) => deadlineMs).filter((atMs) => atMs > nowMs);
  if (kind <= KIND.month) moments.push(mark);
  if (kind === KIND.bucket && limit.value > 0)
    moments.push(Math.max(mark, nowMs) + Math.ceil(used / limit.value) + 1);
  moments.sort((left, right) => left - right);
  let before = nowMs;
  for (const moment of moments) {
    if (fitsAt(moment)) return kind === KIND.bucket ? bisect(fitsAt, before, moment) : moment;
    before = moment;
  }
  return 'never';
}

/** First time that fits, where `fails` does not and `fits` does. */
function bisect(fitsAt: (atMs: number) => boolean, fails: number, fits: number): number {
  while (fits - fails > 1) {
    const middle = Math.floor((fails + fits) / 2);
    if (fitsAt(middle)) fits = middle;
    else fails = middle;
  }
  return fits;
}
