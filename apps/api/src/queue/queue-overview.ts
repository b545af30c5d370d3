import { Injectable } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { UpstreamBreaker } from '../executors/upstream-breaker.js';
import { statsView } from './line-view.js';
import { LongestLines } from './longest-lines.js';
import type { QueueStatsDto } from './queue.dto.js';

const LINES_SHOWN = 50;

/** The whole queue: its totals for anyone, its lines for operators. */
@Injectable()
export class QueueOverview {
  constructor(
    private readonly queue: FairQueue,
    private readonly lines: LongestLines,
    private readonly breaker: UpstreamBreaker,
  ) {}

  async totals(): Promise<QueueStatsDto> {
    const total = await this.queue.stats();
    return {
      ...statsView(total),
      paused: total.paused,
      upstream_failing: this.breaker.isFailing,
      max_jobs: total.maxJobs,
      ready_tenants: total.readyTenants,
    };
  }

  /** The totals and the longest lines, longest first. */
  async withLines(): Promise<QueueStatsDto> {
    const [totals, tenants] = await Promise.all([this.totals(), this.lines.find(LINES_SHOWN)]);
    return { ...totals, tenants };
  }
}
