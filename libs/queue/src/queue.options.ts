import { QueueConfigurationError } from './queue.errors.js';

export interface FairQueueOptions {
  /** Part of every key: 1 to 64 of A-Z a-z 0-9 _ . - Default `default`. */
  readonly name?: string;
  /** Before every key, same characters. Default `fairshare`. */
  readonly keyPrefix?: string;
  /** Independent parts of the queue, each on one cluster slot; each is fair by itself. Never change it while jobs wait. Default 1. */
  readonly shards?: number;
  /** Most jobs waiting and running, all tenants together. Default 5_000. */
  readonly maxTotalJobs?: number;
  /** Most jobs waiting of one tenant, unless the call says. Default 100. */
  readonly maxTenantJobs?: number;
  /** Most bytes of jobs, all tenants together. Default 268_435_456 (256 MiB). */
  readonly maxTotalBytes?: number;
  /** Most bytes of one tenant's jobs. Default 33_554_432 (32 MiB). */
  readonly maxTenantBytes?: number;
  /** Largest payload, in bytes of JSON. Default 65_536. */
  readonly maxPayloadBytes?: number;
  /** Most jobs running in all workers together; 0 = no cap. Default 0. */
  readonly maxRunning?: number;
  /** Most jobs of one tenant running, unless `setConcurrency` says; 0 = no cap. Default 0. */
  readonly maxTenantRunning?: number;
  /** Runs that may fail before a job is dead. Default 3. */
  readonly maxAttempts?: number;
  /** How long the result or error of an ended job is kept, in ms. Default 3_600_000. */
  readonly keepEndedMs?: number;
  /** How long a dead job is kept for `requeueDead`, in ms. Default 604_800_000 (a week). */
  readonly keepDeadMs?: number;
  /** Most ended jobs kept, the oldest leaves first; likewise most dead jobs. Default 10_000. */
  readonly maxEnded?: number;
  /** Runs of a job, one after the other, whose worker may fall silent before it is dead; they spend no attempt. Default 20. */
  readonly maxLost?: number;
  /** Largest result kept, in bytes of JSON; a larger one is left out. Default 65_536. */
  readonly maxResultBytes?: number;
}

export interface QueueWorkerOptions {
  /** Jobs that run at once in this process. Default 10. */
  readonly concurrency?: number;
  /** A run whose worker is silent for so long is given to another, in ms. Default 30_000. */
  readonly leaseMs?: number;
  /** Longest time one run may take, in ms; then its signal aborts and the attempt has failed. Default 600_000. */
  readonly maxRunMs?: number;
  /** First pause after a failed run, in ms; doubles with each attempt, ± half at random. Default 1_000. */
  readonly backoffMs?: number;
  /** Longest pause after a failed run, in ms. Default 300_000. */
  readonly maxBackoffMs?: number;
  /** First pause before an end that could not be recorded is recorded again, in ms; doubles up to 25 times that. Default 200. */
  readonly recordBackoffMs?: number;
  /** How long running jobs may finish once the worker is told to stop, in ms; then they go back to their line. Default 10_000. */
  readonly drainMs?: number;
  /** How often lost jobs are looked for, in ms; never what a job waits for. Default 1_000. */
  readonly safetyNetMs?: number;
}

export type ResolvedQueueOptions = Required<FairQueueOptions>;
export type ResolvedWorkerOptions = Required<QueueWorkerOptions>;

const QUEUE_DEFAULTS: ResolvedQueueOptions = {
  name: 'default',
  keyPrefix: 'fairshare',
  shards: 1,
  maxTotalJobs: 5_000,
  maxTenantJobs: 100,
  maxTotalBytes: 256 * 1024 * 1024,
  maxTenantBytes: 32 * 1024 * 1024,
  maxPayloadBytes: 65_536,
  maxRunning: 0,
  maxTenantRunning: 0,
  maxAttempts: 3,
  keepEndedMs: 3_600_000,
  keepDeadMs: 604_800_000,
  maxEnded: 10_000,
  maxLost: 20,
  maxResultBytes: 65_536,
};

const WORKER_DEFAULTS: ResolvedWorkerOptions = {
  concurrency: 10,
  leaseMs: 30_000,
  maxRunMs: 600_000,
  backoffMs: 1_000,
  maxBackoffMs: 300_000,
  recordBackoffMs: 200,
  drainMs: 10_000,
  safetyNetMs: 1_000,
};

const MAY_BE_ZERO = new Set(['maxRunning', 'maxTenantRunning', 'keepEndedMs', 'keepDeadMs', 'drainMs']);

/** Fills in the defaults; throws QueueConfigurationError that names the option. */
export function resolveQueueOptions(options: FairQueueOptions = {}): ResolvedQueueOptions {
  const resolved = withDefaults(QUEUE_DEFAULTS, options);
  for (const key of ['name', 'keyPrefix'] as const) checkName(key, resolved[key]);
  checkNumbers(resolved);
  if (resolved.shards > 1024)
    throw new QueueConfigurationError(`shards must be at most 1024, got ${resolved.shards}`);
  return resolved;
}

/** Fills in the defaults; throws QueueConfigurationError that names the option. */
export function resolveWorkerOptions(options: QueueWorkerOptions = {}): ResolvedWorkerOptions {
  const resolved = withDefaults(WORKER_DEFAULTS, options);
  checkNumbers(resolved);
  return resolved;
}

function withDefaults<Options extends object>(defaults: Options, given: Partial<Options>): Options {
  const named = Object.entries(given).filter(([key, value]) => key in defaults && value !== undefined);
  return { ...defaults, ...Object.fromEntries(named) };
}

function checkName(key: string, value: string): void {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(value)) {
    throw new QueueConfigurationError(`${key} must be 1 to 64 of A-Z a-z 0-9 _ . - and is "${value}"`);
  }
}

function checkNumbers(options: object): void {
  for (const [key, value] of Object.entries(options) as [string, unknown][]) {
    if (typeof value === 'string') continue;
    const least = MAY_BE_ZERO.has(key) ? 0 : 1;
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw new QueueConfigurationError(
        `${key} must be an integer of at least ${least}, got ${JSON.stringify(value)}`,
      );
    }
  }
}
