/** What JSON can carry. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * waiting    in its tenant's line, or due later (`dueAtMs`)
 * running    leased by a worker
 * failed     an attempt failed; it waits for its retry (`dueAtMs`)
 * succeeded, dead (attempts used up), cancelled, expired (its time to live ended before it ran)   ended
 */
export type JobState = 'waiting' | 'running' | 'failed' | 'succeeded' | 'dead' | 'cancelled' | 'expired';
/** Where a job that the queue still holds can stand; a failed one is waiting or delayed. */
export type JobPlace = 'waiting' | 'running' | 'delayed' | 'dead';
export type JobEndState = 'succeeded' | 'dead' | 'cancelled' | 'expired';

export interface EnqueueRequest {
  /** Whose line it joins: 1 to 256 bytes, any characters. */
  readonly tenantId: string;
  /** 1 to 128 bytes; enqueueing an id that the queue knows changes nothing. Default: a random UUID. */
  readonly jobId?: string;
  /** Which handler runs it. */
  readonly name: string;
  /** Given to the handler as it is. Default null. */
  readonly payload?: JsonValue;
  /** Declared cost in units, 1 to 1e9: what its turn is charged until the true cost is known. Default 1. */
  readonly cost?: number;
  /** The tenant's share from now on, 1 to 1e6; applies to all its waiting jobs. Default: as it is; 1 for a new tenant. */
  readonly weight?: number;
  /** Higher runs earlier within the tenant, never against others; -32768 to 32767. Default 0. */
  readonly priority?: number;
  /** Does not run before this many ms from now. Default 0. */
  readonly delayMs?: number;
  /** Expires, unrun, this many ms from now; 0 = never. Default 0. */
  readonly ttlMs?: number;
  /** Runs that may fail before it is dead; lost leases and refused admissions do not count. Default: the queue's. */
  readonly maxAttempts?: number;
  /** Longest time one run may take, in ms. Default: the worker's. */
  readonly maxRunMs?: number;
  /** While a job with this key waits or runs, enqueueing answers with that job. Per tenant, 1 to 128 bytes. */
  readonly dedupeKey?: string;
  /** Most jobs this tenant may have waiting. Default: the queue's `maxTenantJobs`. */
  readonly maxDepth?: number;
  /** Attempts used before it came here, for a job that is brought back. Default 0. */
  readonly attemptsUsed?: number;
}

export type EnqueueReply = Accepted | Refused;

export interface Accepted {
  readonly accepted: true;
  readonly jobId: string;
  /** The id or the dedupe key was known: nothing was added. */
  readonly duplicate: boolean;
  /** The tenant's waiting jobs, this one included. */
  readonly depth: number;
}

export type RefusalCode =
  'tenant_queue_full' | 'tenant_bytes_full' | 'queue_full' | 'queue_bytes_full' | 'payload_too_large';

export interface Refused {
  readonly accepted: false;
  readonly code: RefusalCode;
  /** The bound that would be passed: jobs, or bytes where the code says so. */
  readonly limit: number;
  /** What counts against it now. */
  readonly depth: number;
}

/** A job as its handler and the ports see it. */
export interface Job<Payload = JsonValue> {
  readonly queue: string;
  readonly jobId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly payload: Payload;
  /** Declared cost, in units. */
  readonly cost: number;
  readonly priority: number;
  /** Which run this is, from 1; runs that admission refused are not counted. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly createdAtMs: number;
  /** null = never. */
  readonly expiresAtMs: number | null;
  /** Fencing token of this run: larger than that of every earlier run of any job of the shard. */
  readonly token: number;
}

export interface JobError {
  readonly message: string;
  readonly code?: string;
}

/** A job as it can be looked up. */
export interface JobView {
  readonly jobId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly state: JobState;
  /** Runs begun so far. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly cost: number;
  readonly priority: number;
  readonly createdAtMs: number;
  /** When a delayed or failed job runs next; null where it may run now or never will. */
  readonly dueAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** What was enqueued; undefined once the job has ended, unless it is dead. */
  readonly payload?: JsonValue;
  readonly result?: JsonValue;
  readonly error?: JobError;
  readonly cancelRequested: boolean;
}

/** `removed`: it will not run. `requested`: it runs, and its handler was told to stop. */
export type CancelReply = 'removed' | 'requested' | 'ended' | 'unknown';

export type WhyNotRunning =
  | 'running'
  | 'ended'
  | 'delayed'
  | 'paused'
  | 'queue_paused'
  | 'parked'
  | 'tenant_concurrency'
  | 'queue_concurrency'
  | 'behind_own_jobs'
  | 'waiting_for_turn';

export interface Explanation {
  readonly jobId: string;
  readonly tenantId: string;
  readonly state: JobState;
  /** Place in its tenant's line, from 1; null where it does not stand in it. */
  readonly position: number | null;
  /** Jobs of all tenants that run before it if none arrives, an estimate; null where the tenant is held back. */
  readonly jobsBefore: number | null;
  /** When it should start at the present pace; null where unknown. */
  readonly estimatedStartAtMs: number | null;
  readonly why: WhyNotRunning;
  /** The reason given when the tenant was parked. */
  readonly parkReason: string | null;
  /** When what holds it back ends by itself; null where an event is needed, or nothing holds it back. */
  readonly untilMs: number | null;
  /** What would let it run, as a sentence. */
  readonly remedy: string;
}

export interface QueueStats {
  /** Jobs in lines that could run if it were their turn, and those not due yet. */
  readonly waiting: number;
  readonly delayed: number;
  readonly running: number;
  readonly dead: number;
  /** Bytes of waiting, delayed and running jobs. */
  readonly bytes: number;
  /** How long the job at the head of the oldest line sampled has waited, in ms; 0 where none waits. */
  readonly oldestAgeMs: number;
  /** From enqueue to the first run, a delay asked for included, over the last minutes; null where nothing ran. */
  readonly waitMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Jobs begun per second over the last minutes, retries not counted. */
  readonly throughputPerSecond: number;
}

export interface TotalStats extends QueueStats {
  /** Tenants with a job that may run now. */
  readonly readyTenants: number;
  /**
   * Tenants with jobs none of which may run now: parked, paused, at their own cap, or with jobs that are not due yet.
   * A tenant whose jobs all run is neither ready nor parked. `pauseAll` parks nobody.
   */
  readonly parkedTenants: number;
  /** Nothing starts until `resumeAll`. */
  readonly paused: boolean;
  readonly maxJobs: number;
}

export interface TenantStats extends QueueStats {
  readonly tenantId: string;
  readonly weight: number;
  readonly paused: boolean;
  /** All tenants are paused, whatever `paused` says of this one. */
  readonly queuePaused: boolean;
  readonly parkReason: string | null;
  /** null = until an event. */
  readonly parkedUntilMs: number | null;
}
