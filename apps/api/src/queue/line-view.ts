import type { QueueStats, TenantStats } from 'fairshare/queue';
import { isoOrNull } from '../problems/quota-problem.js';
import type { LineStatsDto, TenantLineDto } from './queue.dto.js';

export function statsView(stats: QueueStats): LineStatsDto {
  return {
    waiting: stats.waiting,
    delayed: stats.delayed,
    running: stats.running,
    dead: stats.dead,
    oldest_age_ms: Math.round(stats.oldestAgeMs),
    wait_ms: stats.waitMs,
    throughput_per_second: stats.throughputPerSecond,
  };
}

/** A tenant's line as the API shows it; `maxJobs` is its tier's queue depth. */
export function lineView(stats: TenantStats, maxJobs: number): TenantLineDto {
  return {
    tenant_id: stats.tenantId,
    ...statsView(stats),
    max_jobs: maxJobs,
    weight: stats.weight,
    paused: stats.paused,
    all_paused: stats.queuePaused,
    waiting_for: stats.parkReason,
    until: isoOrNull(stats.parkedUntilMs),
  };
}
