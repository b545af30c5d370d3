import { Problem } from '../problems/problem.js';
import { type Resolution, startOf, type UsageHistory, type UsageRequest } from './usage-history.js';
import type { UsageDto, UsageQueryDto } from './usage.dto.js';

const MAX_POINTS = 1_000;
const HOUR_MS = 3_600_000;
/** Of a month the shortest, so that there are never more points than the most allowed. */
const STEP_MS: Readonly<Record<Resolution, number>> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  month: 28 * 24 * HOUR_MS,
};
/** What is shown when nothing else is asked for. */
const SPAN_MS: Readonly<Record<Resolution, number>> = {
  hour: 24 * HOUR_MS,
  day: 30 * 24 * HOUR_MS,
  month: 365 * 24 * HOUR_MS,
};

/** A tenant's use as the API shows it. */
export async function usageView(
  history: UsageHistory,
  tenantId: string,
  query: UsageQueryDto,
): Promise<UsageDto> {
  const request = usageRequest(tenantId, query);
  const series = await history.series(request);
  return {
    tenant_id: tenantId,
    resolution: request.resolution,
    from: request.from.toISOString(),
    to: request.to.toISOString(),
    series: series.map(({ resource, total, overrun, points }) => ({
      resource,
      total,
      overrun,
      points: points.map((point) => ({ ...point, at: point.at.toISOString() })),
    })),
  };
}

function usageRequest(tenantId: string, query: UsageQueryDto): UsageRequest {
  const resolution = query.resolution ?? 'day';
  const { from, to } = spanOf(query, SPAN_MS[resolution]);
  const request = { tenantId, resolution, from: startOf(resolution, from), to, resource: query.resource };
  if (to.getTime() - from.getTime() > MAX_POINTS * STEP_MS[resolution]) {
    throw new Problem(
      'invalid_request',
      `From ${from.toISOString()} to ${to.toISOString()} are more than ${MAX_POINTS} points by ${resolution}; ask for less time or a coarser resolution.`,
    );
  }
  return request;
}

/** The span that is asked for, by default up to now. */
export function spanOf(query: { from?: string; to?: string }, lastMs: number): { from: Date; to: Date } {
  const to = query.to === undefined ? new Date() : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - lastMs) : new Date(query.from);
  if (from >= to) throw new Problem('invalid_request', 'from must lie before to.');
  return { from, to };
}
