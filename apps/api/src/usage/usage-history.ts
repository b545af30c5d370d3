import { Injectable } from '@nestjs/common';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { UsageWriter } from './usage-writer.js';

export const RESOLUTIONS = ['hour', 'day', 'month'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export interface UsageRequest {
  readonly tenantId: string;
  readonly resolution: Resolution;
  /** First moment that counts; rounded down to the resolution, in UTC. */
  readonly from: Date;
  /** First moment that does not count. */
  readonly to: Date;
  /** Default: every resource that was spent. */
  readonly resource?: string;
}

export interface UsageSeries {
  readonly resource: string;
  readonly total: number;
  /** Part of the total that lies beyond a limit, and that its counter does not have. */
  readonly overrun: number;
  /** One point for each hour, day or month from `from` to `to`, also where nothing was spent. */
  readonly points: readonly { readonly at: Date; readonly amount: number; readonly overrun: number }[];
}

export interface TopRequest {
  readonly resource: string;
  readonly from: Date;
  readonly to: Date;
  readonly limit: number;
}

interface Sum {
  readonly resource: string;
  readonly at: Date;
  readonly amount: Prisma.Decimal;
  readonly overrun: Prisma.Decimal;
}

/** What was spent, by hour, day or month (UTC). */
@Injectable()
export class UsageHistory {
  constructor(
    private readonly prisma: PrismaService,
    private readonly writer: UsageWriter,
  ) {}

  async series(request: UsageRequest): Promise<UsageSeries[]> {
    await this.writer.flush();
    const { tenantId, resolution, to, resource } = request;
    const from = startOf(resolution, request.from);
    const sums = await this.prisma.$queryRaw<Sum[]>`
      SELECT resource, date_trunc(${resolution}, hour, 'UTC') AS at, sum(amount) AS amount, sum(overrun) AS overrun
      FROM usage_history
      WHERE tenant_id = ${tenantId} AND hour >= ${from} AND hour < ${to}
        AND (${resource ?? null}::text IS NULL OR resource = ${resource ?? null})
      GROUP BY 1, 2 ORDER BY 1`;
    const resources = resource ? [resource] : [...new Set(sums.map((sum) => sum.resource))];
    const times = pointsOf(resolution, from, to);
    return resources.map((name) => {
      const spent = new Map(
        sums.filter((sum) => sum.resource === name).map((sum) => [sum.at.getTime(), sum] as const),
      );
      const points = times.map((at) => {
        const { amount = 0, overrun = 0 } = spent.get(at.getTime()) ?? {};
        return { at, amount: Number(amount), overrun: Number(overrun) };
      });
      const total = (field: 'amount' | 'overrun') => points.reduce((sum, point) => sum + point[field], 0);
      return { resource: name, total: total('amount'), overrun: total('overrun'), points };
    });
  }

  /** The tenants that spent most of a resource, most first. */
  async top({
    resource,
    from,
    to,
    limit,
  }: TopRequest): Promise<{ tenantId: string; amount: number; overrun: number }[]> {
    await this.writer.flush();
    const sums = await this.prisma.usageHistory.groupBy({
      by: ['tenantId'],
      where: { resource, hour: { gte: startOf('hour', from), lt: to } },
      _sum: { amount: true, overrun: true },
      orderBy: [{ _sum: { amount: 'desc' } }, { tenantId: 'asc' }],
      take: limit,
    });
    return sums.map(({ tenantId, _sum }) => ({
      tenantId,
      amount: Number(_sum.amount),
      overrun: Number(_sum.overrun),
    }));
  }
}

/** The moments of a series, first of each hour, day or month in UTC. */
export function pointsOf(resolution: Resolution, from: Date, to: Date): Date[] {
  const points: Date[] = [];
  for (let at = startOf(resolution, from); at < to; at = next(resolution, at)) points.push(at);
  return points;
}

export function startOf(resolution: Resolution, moment: Date): Date {
  const at = new Date(moment);
  if (resolution === 'month') at.setUTCDate(1);
  if (resolution !== 'hour') at.setUTCHours(0);
  at.setUTCMinutes(0, 0, 0);
  return at;
}

function next(resolution: Resolution, start: Date): Date {
  const at = new Date(start);
  if (resolution === 'month') at.setUTCMonth(at.getUTCMonth() + 1);
  else if (resolution === 'day') at.setUTCDate(at.getUTCDate() + 1);
  else at.setUTCHours(at.getUTCHours() + 1);
  return at;
}
