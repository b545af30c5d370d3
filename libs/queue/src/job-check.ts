import { randomUUID } from 'node:crypto';
import { canonicalTenantId, TENANT_ID_RULE } from 'fairshare/ids';
import { InvalidJobError } from './queue.errors.js';
import type { ResolvedQueueOptions } from './queue.options.js';
import type { EnqueueRequest, JobPlace } from './queue.types.js';
import type { NewJob } from './store/scripts/enqueue-jobs.js';

const MAX_COST = 1e9;
const MAX_WEIGHT = 1e6;
const MAX_MS = 1e14;
const PLACES: readonly JobPlace[] = ['waiting', 'running', 'delayed', 'dead'];

/** Checks every field and fills in the defaults; throws InvalidJobError that names the field. */
export function checkJob(request: EnqueueRequest, options: ResolvedQueueOptions): NewJob {
  return {
    jobId: text('jobId', request.jobId ?? randomUUID(), 128),
    tenantId: checkTenantId(request.tenantId),
    dedupeKey: request.dedupeKey === undefined ? '' : text('dedupeKey', request.dedupeKey, 128),
    name: text('name', request.name, 128),
    payload: toJson(request.payload),
    cost: integer('cost', request.cost ?? 1, 1, MAX_COST),
    weight: request.weight === undefined ? 0 : integer('weight', request.weight, 1, MAX_WEIGHT),
    priority: integer('priority', request.priority ?? 0, -32_768, 32_767),
    delayMs: integer('delayMs', request.delayMs ?? 0, 0, MAX_MS),
    ttlMs: integer('ttlMs', request.ttlMs ?? 0, 0, MAX_MS),
    maxAttempts: integer('maxAttempts', request.maxAttempts ?? options.maxAttempts, 1, 65_535),
    maxRunMs: integer('maxRunMs', request.maxRunMs ?? 0, 0, 2 ** 31),
    maxDepth: integer('maxDepth', request.maxDepth ?? options.maxTenantJobs, 0, 2 ** 32 - 1),
    attemptsUsed: integer('attemptsUsed', request.attemptsUsed ?? 0, 0, 65_535),
  };
}

/** Takes an id in its one form only: whoever lets ids in makes that form of them. */
export function checkTenantId(tenantId: string): string {
  if (canonicalTenantId(tenantId) === tenantId) return tenantId;
  throw new InvalidJobError(`tenantId: ${TENANT_ID_RULE}, in Unicode form NFC`);
}

export function checkJobId(jobId: string): string {
  return text('jobId', jobId, 128);
}

export function checkWeight(weight: number): number {
  return integer('weight', weight, 1, MAX_WEIGHT);
}

export function checkPlace(place: JobPlace): JobPlace {
  if (PLACES.includes(place)) return place;
  throw new InvalidJobError(`place must be one of ${PLACES.join(', ')}, got ${String(place)}`);
}

/** The bytes of a cursor that `page` gave; none = the first page. */
export function readCursor(cursor: string | undefined): Buffer {
  if (cursor === undefined) return Buffer.alloc(0);
  if (typeof cursor !== 'string' || !/^[\w-]{1,200}$/.test(cursor)) {
    throw new InvalidJobError('cursor must be what the page before gave as next');
  }
  return Buffer.from(cursor, 'base64url');
}

export function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new InvalidJobError(`${name} must be an integer from ${least} to ${most}, got ${String(value)}`);
}

/** Lone surrogates are refused: two of them would become the same bytes. */
export function text(name: string, value: string, maxBytes: number): string {
  if (typeof value !== 'string' || value === '')
    throw new InvalidJobError(`${name} must be a string, not empty`);
  if (/\p{Surrogate}/u.test(value)) throw new InvalidJobError(`${name} must be well-formed Unicode`);
  const bytes = Buffer.byteLength(value);
  if (bytes > maxBytes)
    throw new InvalidJobError(`${name} must have at most ${maxBytes} bytes, got ${bytes}`);
  return value;
}

function toJson(payload: unknown): string {
  if (payload === undefined) return '';
  try {
    const json = JSON.stringify(payload);
    if (json !== undefined) return json;
  } catch (error) {
    throw new InvalidJobError('payload must be JSON', { cause: error });
  }
  throw new InvalidJobError('payload must be JSON');
}
