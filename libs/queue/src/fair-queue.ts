import type { RedisClient } from 'fairshare/redis';
import { type FairQueueOptions, type ResolvedQueueOptions, resolveQueueOptions } from './queue.options.js';
import type {
  CancelReply,
  EnqueueReply,
  EnqueueRequest,
  Explanation,
  JobState,
  JobView,
  TenantStats,
  TotalStats,
} from './queue.types.js';

/** Names the job; with the tenant, a job of another tenant is as good as unknown, and only one shard is asked. */
export interface JobReference {
  readonly jobId: string;
  readonly tenantId?: string;
}

export interface ListRequest {
  readonly tenantId: string;
  /** Default: all that are kept. */
  readonly states?: readonly JobState[];
  /** 1 to 1000. Default 100. */
  readonly limit?: number;
}

export interface ParkRequest {
  readonly tenantId: string;
  /** ms since 1970; null = until `unpark`. */
  readonly untilMs: number | null;
  /** Shown by `explain`, up to 256 bytes. */
  readonly reason: string;
}

export interface FinishedRequest extends JobReference {
  /** How long to wait, in ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A fair, bounded queue of jobs of many tenants. Runs nothing itself: `QueueWorker` does. */
export class FairQueue {
  readonly options: ResolvedQueueOptions;

  constructor(
    readonly redis: RedisClient,
    options: FairQueueOptions = {},
  ) {
    this.options = resolveQueueOptions(options);
  }

  get name(): string {
    return this.options.name;
  }

  /** Adds one job, or says which bound refuses it. Throws InvalidJobError; safe to repeat with the same `jobId`. */
  async enqueue(_request: EnqueueRequest): Promise<EnqueueReply> {
    throw new Error('not yet');
  }

  /** Adds many, each on its own merits; answers in the order of the requests. */
  async enqueueMany(_requests: readonly EnqueueRequest[]): Promise<EnqueueReply[]> {
    throw new Error('not yet');
  }

  async get(_reference: JobReference): Promise<JobView | undefined> {
    throw new Error('not yet');
  }

  /** Newest first. */
  async list(_request: ListRequest): Promise<JobView[]> {
    throw new Error('not yet');
  }

  /** Cancels at any state; a running handler gets an AbortSignal. */
  async cancel(_reference: JobReference): Promise<CancelReply> {
    throw new Error('not yet');
  }

  async explain(_reference: JobReference): Promise<Explanation | undefined> {
    throw new Error('not yet');
  }

  async stats(): Promise<TotalStats> {
    throw new Error('not yet');
  }

  async tenantStats(_tenantId: string): Promise<TenantStats> {
    throw new Error('not yet');
  }

  /** Nothing of the tenant starts until `resume`; what runs goes on. */
  async pause(_tenantId: string): Promise<void> {
    throw new Error('not yet');
  }

  async resume(_tenantId: string): Promise<void> {
    throw new Error('not yet');
  }

  /** Takes the tenant out of the running until a time or `unpark`. */
  async park(_request: ParkRequest): Promise<void> {
    throw new Error('not yet');
  }

  /** What parked the tenant is over: it is tried again at once. Does not resume a paused tenant. */
  async unpark(_tenantId: string): Promise<void> {
    throw new Error('not yet');
  }

  /** Applies to the jobs already waiting, too. */
  async setWeight(_tenantId: string, _weight: number): Promise<void> {
    throw new Error('not yet');
  }

  /** Most jobs of the tenant running at once; 0 = the queue's `maxTenantRunning`. */
  async setConcurrency(_tenantId: string, _maxRunning: number): Promise<void> {
    throw new Error('not yet');
  }

  /** Removes the tenant's waiting, delayed, ended and dead jobs and cancels the running ones; returns how many were waiting. */
  async purge(_tenantId: string): Promise<number> {
    throw new Error('not yet');
  }

  /** Gives dead jobs their attempts back and puts them at the end of their line; returns how many. */
  async requeueDead(_request: { readonly tenantId: string; readonly jobId?: string }): Promise<number> {
    throw new Error('not yet');
  }

  /** The job once it has ended; undefined when the time is over first or the job is unknown. */
  async finished(_request: FinishedRequest): Promise<JobView | undefined> {
    throw new Error('not yet');
  }

  /**
   * Calls the listener when Redis lost what this queue kept there (FLUSHALL, an empty replacement), at most about a
   * second later, so that accepted jobs can be enqueued again under their ids. Returns how to stop listening.
   */
  onLost(_listener: () => void | Promise<void>): () => void {
    throw new Error('not yet');
  }

  /** Stops listening and its timers; the Redis connection stays open. */
  async close(): Promise<void> {
    throw new Error('not yet');
  }
}
