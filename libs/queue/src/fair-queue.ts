import { createHash } from 'node:crypto';
import type { RedisClient } from 'fairshare/redis';
import { EnqueueBatcher } from './enqueue-batcher.js';
import { explain } from './explanation.js';
import { type JobEvents } from './job-events.js';
import { reviveAll, reviveOne, reviveSome } from './revival.js';
import { tellCancelled } from './removal.js';
import {
  checkJob,
  checkJobId,
  checkPlace,
  checkTenantId,
  checkWeight,
  integer,
  readCursor,
  text,
} from './job-check.js';
import { payloadTooLarge, type QueueRoom, refusalOf, roomFor } from './room.js';
import { MemoryWatch } from './memory-watch.js';
import { type FairQueueOptions, type ResolvedQueueOptions, resolveQueueOptions } from './queue.options.js';
import { QueueSignals } from './queue-signals.js';
import type {
  FinishedRequest,
  JobPage,
  JobReference,
  ListRequest,
  PageRequest,
  ParkRequest,
  RequeueRequest,
  SomePurged,
  SomeRequeued,
} from './queue.requests.js';
import type {
  CancelReply,
  EnqueueReply,
  EnqueueRequest,
  Explanation,
  JobError,
  JobState,
  JobView,
  Refused,
  TenantStats,
  TotalStats,
} from './queue.types.js';
import type { Claim } from './store/records/claim.js';
import type { EnqueueAnswer, NewJob } from './store/scripts/enqueue-jobs.js';
import { PLACES } from './store/scripts/page-jobs.js';
import type { Standing } from './store/scripts/know-jobs.js';
import { QueueShard } from './store/queue-shard.js';
import { noWaits, readWaits, summarize } from './store/waits.js';

const ENDED: ReadonlySet<JobState> = new Set(['succeeded', 'dead', 'cancelled', 'expired']);
const LOOK_AGAIN_MS = 1_000;

/** A fair, bounded queue of jobs of many tenants. Runs nothing itself: `QueueWorker` does. */
export class FairQueue {
  readonly options: ResolvedQueueOptions;
  readonly shards: readonly QueueShard[];
  readonly signals: QueueSignals;
  private readonly batchers: readonly EnqueueBatcher[];
  private readonly restorers: readonly EnqueueBatcher[];
  private readonly memory: MemoryWatch;

  constructor(
    readonly redis: RedisClient,
    options: FairQueueOptions = {},
  ) {
    this.options = resolveQueueOptions(options);
    this.shards = Array.from(
      { length: this.options.shards },
      (_, index) => new QueueShard(redis, this.options, index),
    );
    this.batchers = this.shards.map((shard) => new EnqueueBatcher((jobs) => shard.enqueue(jobs)));
    this.restorers = this.shards.map((shard) => new EnqueueBatcher((jobs) => shard.restore(jobs)));
    this.signals = new QueueSignals(redis, this.shards);
    this.memory = new MemoryWatch(redis, this.shards);
  }

  get name(): string {
    return this.options.name;
  }

  /** Adds one job, or says which bound refuses it. Throws InvalidJobError; safe to repeat with the same `jobId`. */
  async enqueue(request: EnqueueRequest): Promise<EnqueueReply> {
    const job = checkJob(request, this.options);
    const tooLarge = payloadTooLarge(job, this.options);
    if (tooLarge) return tooLarge;
    const answer = await this.batchers[this.shardIndex(job.tenantId)]!.add(job);
    return this.reply(job, answer);
  }

  /**
   * Brings a job back that was accepted once: no bound refuses it, whatever came into the queue meanwhile. Returns false where
   * the queue knows it already. Throws InvalidJobError.
   */
  async restore(request: EnqueueRequest & { readonly jobId: string }): Promise<boolean> {
    const job = checkJob(request, this.options);
    const { code } = await this.restorers[this.shardIndex(job.tenantId)]!.add(job);
    return code === 'added';
  }

  /**
   * Puts a job that died before among the dead again, so that it can be requeued: Redis may have forgotten it. Returns false
   * where the queue knows it.
   */
  async restoreDead(
    request: EnqueueRequest & { readonly jobId: string },
    { error, diedAtMs }: { readonly error: JobError; readonly diedAtMs: number },
  ): Promise<boolean> {
    const job = checkJob(request, this.options);
    const keepDeadMs = Math.max(0, Math.floor(diedAtMs + this.options.keepDeadMs - Date.now()));
    if (keepDeadMs === 0) return false;
    return this.shardOf(job.tenantId).bury(job, { error: JSON.stringify(error), keepDeadMs });
  }

  /** How the queue knows each of these jobs, in their order; cheaper than `get`. */
  async standingOf(jobs: readonly Required<JobReference>[]): Promise<Standing[]> {
    const standings = new Map<string, Standing>();
    for (const shard of this.shards) {
      const ids = jobs.filter(({ tenantId }) => this.shardOf(tenantId) === shard).map(({ jobId }) => jobId);
      if (ids.length === 0) continue;
      const known = await shard.know(ids);
      ids.forEach((id, index) => standings.set(id, known[index]!));
    }
    return jobs.map(({ jobId }) => standings.get(jobId)!);
  }

  /** The ids of all jobs that wait or run, in pages; one that comes or ends meanwhile may be missed or given. */
  async *liveIds(): AsyncGenerator<readonly string[]> {
    for (const shard of this.shards) yield* shard.liveIds();
  }

  /** The bound that refuses the job while the queue holds so much; undefined where it would be added. Adds nothing. */
  refusalOf(request: EnqueueRequest, room: QueueRoom): Refused | undefined {
    return refusalOf(checkJob(request, this.options), room, this.options);
  }

  /** What the job will take of the room. */
  roomFor(request: EnqueueRequest): QueueRoom {
    return roomFor(checkJob(request, this.options));
  }

  /** What counts against the bounds now. */
  async roomOf(tenantId: string): Promise<QueueRoom> {
    const { waiting, delayed, bytes, shardJobs, shardBytes } = await this.shardOf(tenantId).tenant(tenantId);
    return {
      tenantJobs: waiting + delayed,
      tenantBytes: bytes,
      totalJobs: shardJobs,
      totalBytes: shardBytes,
    };
  }

  /** Adds many, each on its own merits; answers in the order of the requests. */
  async enqueueMany(requests: readonly EnqueueRequest[]): Promise<EnqueueReply[]> {
    for (const request of requests) checkJob(request, this.options);
    return Promise.all(requests.map((request) => this.enqueue(request)));
  }

  async get(reference: JobReference): Promise<JobView | undefined> {
    const { jobId, tenantId } = checkReference(reference);
    for (const shard of this.shardsOf(tenantId)) {
      const view = await shard.find(jobId);
      if (view && (tenantId === undefined || view.tenantId === tenantId)) return view;
    }
    return undefined;
  }

  /** Newest first. */
  async list({ tenantId, states, limit = 100 }: ListRequest): Promise<JobView[]> {
    const most = integer('limit', limit, 1, 1000);
    const views = await this.shardOf(tenantId).list(tenantId, most);
    return views
      .filter(({ state }) => !states || states.includes(state))
      .sort((a, b) => b.createdAtMs - a.createdAtMs)
      .slice(0, most);
  }

  /** The tenant's jobs in one place, page by page; a job that moves meanwhile may be missed or seen twice. */
  async page({ tenantId, place, cursor, limit = 100 }: PageRequest): Promise<JobPage> {
    const shard = this.shardOf(tenantId);
    const { jobs, end } = await shard.page({
      tenantId,
      place: PLACES[checkPlace(place)],
      after: readCursor(cursor),
      limit: integer('limit', limit, 1, 1000),
    });
    return { jobs, next: end.length === 0 ? null : end.toString('base64url') };
  }

  /** Cancels at any state; a running handler gets an AbortSignal. `events` hears of a job that never ran. */
  async cancel(reference: JobReference, events?: JobEvents): Promise<CancelReply> {
    const { jobId, tenantId } = checkReference(reference);
    for (const shard of this.shardsOf(tenantId)) {
      const { reply, claim } = await shard.cancel(jobId, tenantId ?? '');
      if (claim && events) await tellCancelled(this.name, events, claim);
      if (reply !== 'unknown') return reply;
    }
    return 'unknown';
  }

  async explain(reference: JobReference): Promise<Explanation | undefined> {
    const view = await this.get(reference);
    if (!view) return undefined;
    const shard = this.shardOf(view.tenantId);
    const [standing, waits] = await Promise.all([shard.explain(view.jobId), readWaits(shard)]);
    return explain({ view, standing, perSecond: waits.total.perSecond, options: this.options });
  }

  async stats(): Promise<TotalStats> {
    const shards = await Promise.all(
      this.shards.map(async (shard) => {
        const [counts, waits] = await Promise.all([shard.stats(), readWaits(shard)]);
        return { counts, waits: waits.total };
      }),
    );
    const sum = (of: (counts: (typeof shards)[number]['counts']) => number) =>
      shards.reduce((total, { counts }) => total + of(counts), 0);
    return {
      waiting: sum(({ waiting }) => waiting),
      delayed: sum(({ delayed }) => delayed),
      running: sum(({ running }) => running),
      dead: sum(({ dead }) => dead),
      bytes: sum(({ bytes }) => bytes),
      readyTenants: sum(({ readyTenants }) => readyTenants),
      parkedTenants: sum(({ parkedTenants }) => parkedTenants),
      paused: shards.some(({ counts }) => counts.paused),
      oldestAgeMs: Math.max(...shards.map(({ counts }) => counts.oldestAgeMs)),
      maxJobs: this.options.maxTotalJobs,
      ...summarize(shards.map(({ waits }) => waits)),
    };
  }

  async tenantStats(tenantId: string): Promise<TenantStats> {
    const shard = this.shardOf(tenantId);
    const [tenant, waits] = await Promise.all([shard.tenant(tenantId), readWaits(shard, tenantId)]);
    const { parkedUntilMs, parkReason, shardJobs: _jobs, shardBytes: _bytes, ...counts } = tenant;
    return {
      tenantId,
      ...counts,
      parkedUntilMs: parkedUntilMs > 0 ? parkedUntilMs : null,
      parkReason: parkedUntilMs === 0 ? null : parkReason,
      ...summarize([waits.tenant ?? noWaits()]),
    };
  }

  /** Nothing of the tenant starts until `resume`; what runs goes on. */
  async pause(tenantId: string): Promise<void> {
    await this.shardOf(tenantId).pause(tenantId);
  }

  async resume(tenantId: string): Promise<void> {
    await this.shardOf(tenantId).resume(tenantId);
  }

  /** Nothing starts until `resumeAll`, whoever's it is; jobs are accepted, and what runs goes on. */
  async pauseAll(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.pauseAll()));
  }

  /** Ends `pauseAll`; tenants that were paused by name stay paused. */
  async resumeAll(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.resumeAll()));
  }

  /** Takes the tenant out of the running until a time or `unpark`. */
  async park({ tenantId, untilMs, reason }: ParkRequest): Promise<void> {
    const until = untilMs === null ? 0 : integer('untilMs', untilMs, 1, 1e14);
    await this.shardOf(tenantId).park(tenantId, until, text('reason', reason, 256));
  }

  /** What parked the tenant is over: it is tried again at once. Does not resume a paused tenant. */
  async unpark(tenantId: string): Promise<void> {
    await this.shardOf(tenantId).unpark(tenantId);
  }

  /** What parks tenants has changed for all of them: each is tried again at once. Returns how many were parked. */
  async unparkAll(): Promise<number> {
    return sumOf(this.shards, (shard) => shard.unparkAll());
  }

  /** Applies to the jobs already waiting, too. Kept while the tenant has jobs: pass it with `enqueue` as well. */
  async setWeight(tenantId: string, weight: number): Promise<void> {
    await this.shardOf(tenantId).weigh(tenantId, checkWeight(weight));
  }

  /** Most jobs of the tenant running at once; 0 = the queue's `maxTenantRunning`. */
  async setConcurrency(tenantId: string, maxRunning: number): Promise<void> {
    await this.shardOf(tenantId).cap(tenantId, integer('maxRunning', maxRunning, 0, 2 ** 32 - 1));
  }

  /**
   * Removes the tenant's waiting, delayed and dead jobs and cancels the running ones; returns how many were waiting or
   * delayed. `events` hears of each of those as cancelled; the dead had ended before.
   */
  async purge(tenantId: string, events?: JobEvents): Promise<number> {
    const tell = events && ((claim: Claim) => tellCancelled(this.name, events, claim));
    const removed = await this.shardOf(tenantId).purge(tenantId, tell);
    await this.stopRunning(tenantId, events);
    return removed;
  }

  /**
   * Tells every running job of the tenant to stop, however many; returns how many run still. `events` hears of each that
   * did not run any more and was taken out.
   */
  async stopRunning(tenantId: string, events?: JobEvents): Promise<number> {
    let stopping = 0;
    let cursor: string | undefined;
    do {
      const page = await this.page({ tenantId, place: 'running', cursor });
      const replies = await Promise.all(
        page.jobs.map(({ jobId }) => this.cancel({ jobId, tenantId }, events)),
      );
      stopping += replies.filter((reply) => reply === 'requested').length;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return stopping;
  }

  /**
   * One bounded step of `purge`, for a caller that notes how far it got; tells nobody of the jobs that it took out, and
   * leaves the last of many running jobs to `stopRunning`.
   */
  async purgeSome(tenantId: string): Promise<SomePurged> {
    const { jobs, more } = await this.shardOf(tenantId).purgeSome(tenantId);
    return { jobIds: jobs.map(({ record }) => record.jobId), more };
  }

  /** One bounded step of `requeueDead` for a tenant. */
  requeueSome(tenantId: string, events: JobEvents): Promise<SomeRequeued> {
    return reviveSome({ queue: this.name, shard: this.shardOf(tenantId), events }, tenantId);
  }

  /**
   * Gives dead jobs their attempts back and puts them at the end of their line, within every bound; returns how many.
   * What does not fit stays dead. `events` hears of each as waiting before it can run, and again as dead where it did
   * not fit.
   */
  async requeueDead({ tenantId, jobId }: RequeueRequest = {}, events?: JobEvents): Promise<number> {
    if (jobId !== undefined) {
      const view = await this.get({ jobId, tenantId });
      if (view?.state !== 'dead') return 0;
      return this.revive(this.shardOf(view.tenantId), view.tenantId, { events, view });
    }
    if (tenantId !== undefined) return this.revive(this.shardOf(tenantId), tenantId, { events });
    return sumOf(this.shards, async (shard) => {
      let total = 0;
      for await (const owner of shard.tenantsWithDead()) total += await this.revive(shard, owner, { events });
      return total;
    });
  }

  /** The job once it has ended; undefined when the time is over first or the job is unknown. */
  async finished({ timeoutMs, signal, ...reference }: FinishedRequest): Promise<JobView | undefined> {
    const deadline = performance.now() + timeoutMs;
    let nudge: () => void = () => undefined;
    const stop = this.signals.onEnd((jobId) => jobId === reference.jobId && nudge());
    const onAbort = () => nudge();
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        const nudged = new Promise<void>((resolve) => (nudge = resolve));
        const view = await this.get(reference);
        if (!view || ENDED.has(view.state)) return view;
        const left = deadline - performance.now();
        if (left <= 0 || signal?.aborted) return undefined;
        await waitFor(nudged, Math.min(left, LOOK_AGAIN_MS));
      }
    } finally {
      stop();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Calls the listener when Redis holds nothing that this queue put there: lost (FLUSHALL, an empty replacement) or
   * never filled. It is noticed within a second. Enqueue accepted jobs again, under their ids: what is known is not
   * added twice. A rejection is tried again. Returns how to stop listening.
   */
  onLost(listener: () => void | Promise<void>): () => void {
    return this.memory.listen(listener);
  }

  /** Stops listening and its timers; the Redis connection stays open. */
  async close(): Promise<void> {
    this.signals.close();
    this.memory.close();
  }

  /** `view` = only this one. */
  private async revive(
    shard: QueueShard,
    tenantId: string,
    { events, view }: { events: JobEvents | undefined; view?: JobView },
  ): Promise<number> {
    if (!events) return shard.requeueDead(tenantId, view?.jobId ?? '');
    const parts = { queue: this.name, shard, events };
    if (!view) return reviveAll(parts, tenantId);
    return (await reviveOne(parts, view)) === 'revived' ? 1 : 0;
  }

  private reply(job: NewJob, { code, depth, knownId }: EnqueueAnswer): EnqueueReply {
    if (code === 'added') return { accepted: true, jobId: job.jobId, duplicate: false, depth };
    if (code === 'known') return { accepted: true, jobId: knownId, duplicate: true, depth };
    const { maxTenantBytes, maxTotalJobs, maxTotalBytes } = this.options;
    const limits = {
      tenant_queue_full: job.maxDepth,
      tenant_bytes_full: maxTenantBytes,
      queue_full: maxTotalJobs,
      queue_bytes_full: maxTotalBytes,
    };
    return { accepted: false, code, limit: limits[code], depth };
  }

  private shardsOf(tenantId: string | undefined): readonly QueueShard[] {
    return tenantId === undefined ? this.shards : [this.shardOf(tenantId)];
  }

  private shardOf(tenantId: string): QueueShard {
    return this.shards[this.shardIndex(checkTenantId(tenantId))]!;
  }

  private shardIndex(tenantId: string): number {
    if (this.shards.length === 1) return 0;
    return createHash('sha1').update(tenantId).digest().readUInt32BE(0) % this.shards.length;
  }
}

function checkReference({ jobId, tenantId }: JobReference): JobReference {
  return { jobId: checkJobId(jobId), tenantId: tenantId === undefined ? undefined : checkTenantId(tenantId) };
}

async function sumOf(
  shards: readonly QueueShard[],
  of: (shard: QueueShard) => Promise<number>,
): Promise<number> {
  return (await Promise.all(shards.map(of))).reduce((total, one) => total + one, 0);
}

async function waitFor(event: Promise<void>, mostMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([event, new Promise<void>((resolve) => (timer = setTimeout(resolve, mostMs)))]);
  clearTimeout(timer);
}
