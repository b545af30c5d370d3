import type { JobPlace, JobState, JobView } from './queue.types.js';

/** Names the job; with the tenant, a job of another tenant is as good as unknown, and only one shard is asked. */
export interface JobReference {
  readonly jobId: string;
  readonly tenantId?: string;
}

export interface ListRequest {
  readonly tenantId: string;
  /** Default: all that are listed, which is waiting, failed, running and dead. Ended jobs are found by id. */
  readonly states?: readonly JobState[];
  /** 1 to 1000. Default 100. */
  readonly limit?: number;
}

export interface PageRequest {
  readonly tenantId: string;
  readonly place: JobPlace;
  /** What the page before gave as `next`. Default: the first page. */
  readonly cursor?: string;
  /** Jobs of a page, 1 to 1000. Default 100. */
  readonly limit?: number;
}

export interface JobPage {
  /** Those that wait in the order of their line, the others by id. */
  readonly jobs: readonly JobView[];
  /** null = this was the last page. */
  readonly next: string | null;
}

export interface RequeueRequest {
  /** Default: every tenant. */
  readonly tenantId?: string;
  /** Default: every dead job. */
  readonly jobId?: string;
}

/** What one bounded step of a purge took out. */
export interface SomePurged {
  /** Jobs that were waiting or delayed, and will not run. */
  readonly jobIds: readonly string[];
  /** Call it again. */
  readonly more: boolean;
}

/** What one bounded step of requeueing brought back. */
export interface SomeRequeued {
  /** Jobs that wait again. */
  readonly jobIds: readonly string[];
  /** `more`: call it again. `full`: the next dead job does not fit within the bounds. `none`: none is left. */
  readonly then: 'more' | 'full' | 'none';
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
