import { type RedisClient, RedisTimeoutError } from 'fairshare/redis';
import { QueueOverloadedError, QueueUnavailableError } from '../queue.errors.js';
import type { ResolvedQueueOptions } from '../queue.options.js';
import { buryJob } from './scripts/bury-job.js';
import { cancelJob } from './scripts/cancel-job.js';
import { capTenant } from './scripts/cap-tenant.js';
import { claimJobs } from './scripts/claim-jobs.js';
import type { Claim, Claims } from './records/claim.js';
import { enqueueJobs, type EnqueueAnswer, type NewJob, packNewJob } from './scripts/enqueue-jobs.js';
import { explainJob } from './scripts/explain-job.js';
import { extendLeases, type LeaseState, packRuns } from './scripts/extend-leases.js';
import { findJob } from './scripts/find-job.js';
import { type Finished, finishRuns, type Outcome, packOutcome } from './scripts/finish-runs.js';
import { cancelsChannel, endsChannel, type ShardAddress, type ShardKeys, shardKeys } from './keys.js';
import { listJobs } from './scripts/list-jobs.js';
import { nextDeadTenant } from './scripts/next-dead-tenant.js';
import { PackWriter } from './records/pack.js';
import { pageJobs } from './scripts/page-jobs.js';
import { parkTenant } from './scripts/park-tenant.js';
import { pauseShard } from './scripts/pause-shard.js';
import { pauseTenant } from './scripts/pause-tenant.js';
import { type Purged, purgeTenant } from './scripts/purge-tenant.js';
import { readStats } from './scripts/read-stats.js';
import { readTenant } from './scripts/read-tenant.js';
import { reapLeases } from './scripts/reap-leases.js';
import { requeueDead } from './scripts/requeue-dead.js';
import { resumeShard } from './scripts/resume-shard.js';
import { resumeTenant } from './scripts/resume-tenant.js';
import { unparkAll } from './scripts/unpark-all.js';
import { unparkTenant } from './scripts/unpark-tenant.js';
import { weighTenant } from './scripts/weigh-tenant.js';
import { priorityRank } from './records/job.js';
import { knowJobs, packIds, type Standing } from './scripts/know-jobs.js';
import { scanJobs } from './scripts/scan-jobs.js';

const STEP = 500;
/** Fewer where the answer carries the jobs. */
const TOLD_STEP = 50;
const UNPARK_STEP = 200;
const REAPED_AT_ONCE = 100;
const SCAN_STEP = 500;
const UNBOUND = Number.MAX_SAFE_INTEGER;
const NO_DEPTH = 2 ** 32 - 1;

interface Bounds {
  readonly maxTotalJobs: number;
  readonly maxTotalBytes: number;
  readonly maxTenantBytes: number;
}

/** One shard of a queue: its scripts with their keys and bounds. Rejects with QueueUnavailableError where Redis is away. */
export class QueueShard {
  readonly address: ShardAddress;
  readonly keys: ShardKeys;
  readonly cancels: string;
  readonly ends: string;
  private readonly maxTotalJobs: number;
  private readonly maxTotalBytes: number;
  private readonly maxRunning: number;

  constructor(
    readonly redis: RedisClient,
    private readonly options: ResolvedQueueOptions,
    readonly index: number,
  ) {
    this.address = { keyPrefix: options.keyPrefix, name: options.name, shard: index };
    this.keys = shardKeys(this.address);
    this.cancels = cancelsChannel(this.address);
    this.ends = endsChannel(this.address);
    this.maxTotalJobs = Math.ceil(options.maxTotalJobs / options.shards);
    this.maxTotalBytes = Math.ceil(options.maxTotalBytes / options.shards);
    this.maxRunning = Math.ceil(options.maxRunning / options.shards);
  }

  enqueue(jobs: readonly NewJob[]): Promise<EnqueueAnswer[]> {
    const { maxTotalJobs, maxTotalBytes } = this;
    const { maxTenantBytes } = this.options;
    return this.add(jobs, { maxTotalJobs, maxTotalBytes, maxTenantBytes });
  }

  /** Past every bound: these were accepted once. */
  restore(jobs: readonly NewJob[]): Promise<EnqueueAnswer[]> {
    const unbound = jobs.map((job) => ({ ...job, maxDepth: NO_DEPTH }));
    return this.add(unbound, {
      maxTotalJobs: UNBOUND,
      maxTotalBytes: UNBOUND,
      maxTenantBytes: UNBOUND,
    });
  }

  /** Puts a job among the dead, kept for `keepDeadMs`; false where the queue knows it. */
  bury(job: NewJob, { error, keepDeadMs }: { error: string; keepDeadMs: number }): Promise<boolean> {
    const { jobId, tenantId, cost, maxAttempts, attemptsUsed: attempts } = job;
    const priority = priorityRank(job.priority);
    const name = Buffer.from(job.name);
    const body = Buffer.concat([Buffer.from([name.length]), name, Buffer.from(job.payload)]);
    const numbers = { priorityRank: priority, cost, maxAttempts, attempts, keepDeadMs };
    return reach(buryJob.run(this.redis, this.keys, { jobId, tenantId, ...numbers, error, body }));
  }

  know(jobIds: readonly string[]): Promise<Standing[]> {
    return reach(knowJobs.run(this.redis, this.keys, { ids: packIds(jobIds) }));
  }

  /** Every job that lives the whole time is given at least once. */
  async *liveIds(): AsyncGenerator<readonly string[]> {
    let cursor = '0';
    do {
      const step = await reach(scanJobs.run(this.redis, this.keys, { cursor, count: SCAN_STEP }));
      yield step.jobIds;
      ({ cursor } = step);
    } while (cursor !== '0');
  }

  claim(limit: number, leaseMs: number): Promise<Claims> {
    const { maxRunning } = this;
    const { maxTenantRunning } = this.options;
    return reach(claimJobs.run(this.redis, this.keys, { limit, leaseMs, maxRunning, maxTenantRunning }));
  }

  finish(outcomes: readonly Outcome[], limit: number, leaseMs: number): Promise<Finished> {
    const writer = new PackWriter();
    for (const outcome of outcomes) packOutcome(writer, outcome);
    const { maxRunning } = this;
    const { maxTenantRunning, keepEndedMs, keepDeadMs, maxEnded } = this.options;
    return reach(
      finishRuns.run(this.redis, this.keys, {
        limit,
        leaseMs,
        maxRunning,
        maxTenantRunning,
        keepEndedMs,
        keepDeadMs,
        maxEnded,
        outcomes: writer.bytes(),
      }),
    );
  }

  extend(
    runs: readonly { readonly jobId: string; readonly token: number }[],
    leaseMs: number,
  ): Promise<LeaseState[]> {
    return reach(extendLeases.run(this.redis, this.keys, { leaseMs, runs: packRuns(runs) }));
  }

  reap(leaseMs: number): Promise<Claims> {
    const { maxEnded, maxLost } = this.options;
    return reach(
      reapLeases.run(this.redis, this.keys, { limit: REAPED_AT_ONCE, leaseMs, maxEnded, maxLost }),
    );
  }

  cancel(jobId: string, tenantId: string) {
    const { keepEndedMs, maxEnded } = this.options;
    return reach(cancelJob.run(this.redis, this.keys, { jobId, tenantId, keepEndedMs, maxEnded }));
  }

  find(jobId: string) {
    return reach(findJob.run(this.redis, this.keys, { jobId }));
  }

  list(tenantId: string, limit: number) {
    return reach(listJobs.run(this.redis, this.keys, { tenantId, limit }));
  }

  page(request: { tenantId: string; place: string; after: Buffer; limit: number }) {
    return reach(pageJobs.run(this.redis, this.keys, request));
  }

  explain(jobId: string) {
    return reach(explainJob.run(this.redis, this.keys, { jobId }));
  }

  stats() {
    return reach(readStats.run(this.redis, this.keys, {}));
  }

  tenant(tenantId: string) {
    return reach(readTenant.run(this.redis, this.keys, { tenantId }));
  }

  pause(tenantId: string): Promise<void> {
    return reach(pauseTenant.run(this.redis, this.keys, { tenantId }));
  }

  resume(tenantId: string): Promise<void> {
    return reach(resumeTenant.run(this.redis, this.keys, { tenantId }));
  }

  /** `untilMs` 0 = until an unpark. */
  park(tenantId: string, untilMs: number, reason: string): Promise<void> {
    return reach(parkTenant.run(this.redis, this.keys, { tenantId, untilMs, reason }));
  }

  unpark(tenantId: string): Promise<void> {
    return reach(unparkTenant.run(this.redis, this.keys, { tenantId }));
  }

  /** In steps, so that no script runs long; returns how many tenants were parked. */
  async unparkAll(): Promise<number> {
    let total = 0;
    let cursor = 0;
    do {
      const step = await reach(unparkAll.run(this.redis, this.keys, { cursor, count: UNPARK_STEP }));
      total += step.unparked;
      cursor = step.cursor;
    } while (cursor !== 0);
    return total;
  }

  pauseAll(): Promise<void> {
    return reach(pauseShard.run(this.redis, this.keys, {}));
  }

  resumeAll(): Promise<void> {
    return reach(resumeShard.run(this.redis, this.keys, {}));
  }

  weigh(tenantId: string, weight: number): Promise<void> {
    return reach(weighTenant.run(this.redis, this.keys, { tenantId, weight }));
  }

  cap(tenantId: string, maxRunning: number): Promise<void> {
    return reach(capTenant.run(this.redis, this.keys, { tenantId, maxRunning }));
  }

  /** In steps, so that no script runs long. `tell` hears of each job after it was removed. */
  async purge(tenantId: string, tell?: (job: Claim) => Promise<void>): Promise<number> {
    const args = { tenantId, limit: tell ? TOLD_STEP : STEP, tells: tell ? 1 : 0 };
    let total = 0;
    for (;;) {
      const step = await reach(purgeTenant.run(this.redis, this.keys, args));
      total += step.removed;
      for (const job of step.jobs) await tell?.(job);
      if (!step.more) return total;
    }
  }

  purgeSome(tenantId: string): Promise<Purged> {
    return reach(purgeTenant.run(this.redis, this.keys, { tenantId, limit: TOLD_STEP, tells: 1 }));
  }

  /** `jobId` empty = all of the tenant. */
  async requeueDead(tenantId: string, jobId: string): Promise<number> {
    const { maxTotalJobs, maxTotalBytes } = this;
    const { maxTenantJobs: maxDepth, maxTenantBytes } = this.options;
    const args = { tenantId, jobId, limit: STEP, maxDepth, maxTotalJobs, maxTenantBytes, maxTotalBytes };
    let total = 0;
    for (;;) {
      const step = await reach(requeueDead.run(this.redis, this.keys, args));
      total += step.requeued;
      if (!step.more) return total;
    }
  }

  /** The tenants that have dead jobs, one by one. */
  async *tenantsWithDead(): AsyncGenerator<string> {
    for (let after: string | undefined = ''; ;) {
      after = await reach(nextDeadTenant.run(this.redis, this.keys, { after }));
      if (after === undefined) return;
      yield after;
    }
  }

  private add(jobs: readonly NewJob[], bounds: Bounds): Promise<EnqueueAnswer[]> {
    const writer = new PackWriter();
    for (const job of jobs) packNewJob(writer, job);
    return reach(enqueueJobs.run(this.redis, this.keys, { ...bounds, jobs: writer.bytes() }));
  }
}

/** An answer of Redis passes as it is, except that it is full; everything else means that it was not reached. */
async function reach<Answer>(call: Promise<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    const isAnswer = error instanceof Error && error.name === 'ReplyError';
    if (isAnswer && !/^(OOM|LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN)/.test(error.message))
      throw error;
    if (error instanceof RedisTimeoutError && error.isOverloaded)
      throw new QueueOverloadedError(error.message, { cause: error });
    throw new QueueUnavailableError('The queue cannot be reached', { cause: error });
  }
}
