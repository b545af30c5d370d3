import { type LuaScript, type RedisClient, RedisTimeoutError, within } from 'fairshare/redis';
import { Deadlines } from '../deadlines.js';
import type { UsageLedger } from '../ledger/usage-ledger.js';
import type { LimitCache } from '../limits/limit-cache.js';
import type { ResourceCatalogue } from '../limits/resource-catalogue.js';
import type { OperationId } from '../operation-id.js';
import {
  InvalidQuotaRequestError,
  QuotaError,
  QuotaOverloadedError,
  QuotaUnavailableError,
  TenantSuspendedError,
} from '../quota.errors.js';
import type { QuotaOptions } from '../quota.options.js';
import type { TenantLimits } from '../quota.types.js';
import type { RedisClock } from '../redis-clock.js';
import { parseTenantId, type TenantId } from '../tenant-id.js';
import type { QuotaKeys } from './keys.js';
import { type Ask, QuotaPlan } from './records/plan.js';
import { QuotaReply, STATUS } from './records/reply.js';
import { EMPTY_SEED, NO_SEED, packSeed } from './records/counters.js';
import { ScriptPipe } from './script-pipe.js';
import { checkScript } from './scripts.js';
import { TenantCalls } from './tenant-calls.js';

const RETRY_UNAVAILABLE_MS = 1_000;
// Limits that ran out while the call was under way, and counters that were lost, each cost one more try.
const MAX_TRIES = 5;
/** What a call has at least that was begun in time and is sent late, in ms. */
const LEAST_LEFT_MS = 50;

/** One call of a script for a tenant. */
export interface Call {
  readonly tenantId: TenantId;
  readonly operationId?: OperationId | '';
  readonly script: LuaScript<string, string, Buffer>;
  readonly ask: Ask;
  /** Arguments that only this script has. */
  readonly extra?: Readonly<Record<string, string>>;
  /** Refused for a suspended tenant. */
  readonly admits?: boolean;
  /** Does nothing once its caller has been told that it failed. */
  readonly mustBeInTime?: boolean;
  /** A resource of its cost that no limit counts is an error. */
  readonly isStrict?: boolean;
  /** In ms, where less than the deadline. */
  readonly withinMs?: number;
}

export interface Answered {
  readonly plan: QuotaPlan;
  readonly reply: QuotaReply;
}

export interface CallerParts {
  readonly redis: RedisClient;
  readonly cache: LimitCache;
  readonly resources: ResourceCatalogue;
  readonly options: QuotaOptions;
  readonly keys: QuotaKeys;
  readonly clock: RedisClock;
  readonly ledger?: UsageLedger;
}

/** Runs a script by the limits that Redis time finds in force, within the deadline, and gives its answer. */
export class QuotaCaller {
  readonly #tenants = new WeakMap<TenantLimits, TenantCalls>();
  readonly #deadlines: Deadlines;
  readonly #memoryMs: number;
  readonly #deadlineMs: number;
  readonly #pipe: ScriptPipe | undefined;
  readonly #seed: string;

  constructor(private readonly parts: CallerParts) {
    const { deadlineMs = 250, memoryMs = 600_000 } = parts.options;
    this.#memoryMs = memoryMs;
    this.#deadlineMs = deadlineMs;
    // Its calls have no time limit of their own.
    this.#pipe = deadlineMs > 0 ? ScriptPipe.of(parts.redis) : undefined;
    this.#seed = (parts.ledger ? NO_SEED : EMPTY_SEED).toString('latin1');
    this.#deadlines = new Deadlines(deadlineMs, (isOverloaded) => this.#late(isOverloaded));
  }

  run(call: Call): Promise<Answered> {
    if (call.withinMs !== undefined && this.#deadlineMs > 0) return this.#askInTime(call);
    const limits = this.parts.cache.peek(call.tenantId);
    const isUsual =
      limits && !call.extra && !(call.admits && limits.status === 'suspended') && this.#knowsResources(call);
    return isUsual && this.#pipe ? this.#send(this.#pipe, call, limits) : this.#askInTime(call);
  }

  async #askInTime(call: Call): Promise<Answered> {
    const fate = { isGivenUp: false };
    const answer = this.#ask(call, fate);
    try {
      if (call.withinMs === undefined || this.#deadlineMs === 0) return await this.#deadlines.guard(answer);
      const wholeMs = Math.min(call.withinMs, this.#deadlineMs);
      return await within(answer, wholeMs, (isOverloaded) => this.#late(isOverloaded));
    } finally {
      fate.isGivenUp = true;
    }
  }

  #late(isOverloaded: boolean): QuotaUnavailableError {
    const { onLate } = this.parts.options;
    const retryAfterMs = Math.max(RETRY_UNAVAILABLE_MS, this.#deadlineMs);
    const error = isOverloaded
      ? new QuotaOverloadedError(retryAfterMs)
      : new QuotaUnavailableError('deadline', retryAfterMs);
    onLate?.(error);
    return error;
  }

  // A call that Redis runs late would charge or hold what its caller was refused.
  #notAfter({ mustBeInTime }: Call, leftMs: number): number {
    return mustBeInTime && this.#deadlineMs > 0 ? this.parts.clock.now() + leftMs : Infinity;
  }

  /** Asks for nothing: every limit as it stands. */
  look(tenantId: TenantId): Promise<Answered> {
    return this.run({ tenantId, script: checkScript, ask: {}, extra: { isHeld: '0' } });
  }

  #knowsResources({ isStrict, ask }: Call): boolean {
    return !isStrict || !ask.cost || this.parts.resources.knows(ask.cost);
  }

  // The usual way: limits at hand, a plain connection. With one promise in all; what is not usual goes on as `#ask`.
  #send(pipe: ScriptPipe, call: Call, limits: TenantLimits): Promise<Answered> {
    const { script, ask, tenantId, operationId } = call;
    const calls = this.#callsOf(tenantId, limits);
    const encoder = calls.bytesOf(script);
    const asked = { plan: calls.plan, ask, notAfterMs: this.#notAfter(call, this.#deadlineMs) };
    const bytes =
      operationId || this.parts.ledger
        ? encoder.encodeNamed(asked, calls.operation(operationId), operationId ?? '', this.#seed)
        : encoder.encodeUnnamed(asked);
    return new Promise<Answered>((resolve, reject) => {
      const pending = this.#deadlines.start(reject);
      const onError = (error: Error) => {
        if (pending.isDone) return; // given up
        pending.isDone = true;
        // A server that does not know the script has run nothing.
        if (error.message.startsWith('NOSCRIPT')) resolve(this.#askInTime(call));
        else reject(toQuotaError(error));
      };
      const onReply = (raw: unknown) => {
        if (pending.isDone) return; // given up
        pending.isDone = true;
        try {
          const reply = script.definition.parse(raw);
          const isFinal = reply[0] !== STATUS.cold && reply[0] !== STATUS.stale;
          resolve(isFinal ? this.#answered(reply, calls.plan) : this.#askInTime(call));
        } catch (error) {
          reject(toQuotaError(error));
        }
      };
      pipe.send(bytes, onReply, onError);
    });
  }

  async #ask(call: Call, fate: { readonly isGivenUp: boolean }): Promise<Answered> {
    const { tenantId, operationId, script, ask, extra, admits, withinMs = Infinity } = call;
    const dueMs = performance.now() + Math.min(withinMs, this.#deadlineMs || Infinity);
    // What the cache has was checked when it came in.
    let limits = this.parts.cache.peek(tenantId) ?? (await this.parts.cache.get(parseTenantId(tenantId)));
    if (!this.#knowsResources(call)) await this.parts.resources.mustKnow(ask.cost!);
    let seed = this.parts.ledger ? NO_SEED : EMPTY_SEED;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (fate.isGivenUp) break;
      // Less than nothing where this process was held up: it is not given up yet.
      const leftMs = Math.max(LEAST_LEFT_MS, dueMs - performance.now());
      if (admits && limits.status === 'suspended') throw new TenantSuspendedError(tenantId);
      const calls = this.#callsOf(tenantId, limits);
      const { plan, counters, holds } = calls;
      const operation = calls.operation(operationId);
      const args = {
        plan: plan.encode(ask, this.#notAfter(call, leftMs)),
        operationId: operationId ?? '',
        seed,
        ...extra,
      };
      const bytes = await script
        .run(this.parts.redis, { counters, holds, operation }, args)
        .catch((error: unknown) => {
          throw toQuotaError(error);
        });
      const status = bytes[0];
      if (status === STATUS.cold) {
        seed = await this.#load(tenantId, plan);
      } else if (status === STATUS.stale) {
        const nowMs = bytes.readDoubleLE(1);
        this.parts.clock.observe(nowMs);
        limits = await this.parts.cache.getAt(tenantId, nowMs);
      } else {
        return this.#answered(bytes, plan);
      }
    }
    throw new QuotaUnavailableError('limits', RETRY_UNAVAILABLE_MS);
  }

  #answered(bytes: Buffer, plan: QuotaPlan): Answered {
    const reply = new QuotaReply(bytes, plan);
    this.parts.clock.observe(reply.nowMs);
    return { plan, reply };
  }

  async #load(tenantId: TenantId, plan: QuotaPlan): Promise<Buffer> {
    try {
      return packSeed(plan, (await this.parts.ledger?.load(tenantId)) ?? []);
    } catch (error) {
      throw error instanceof QuotaError
        ? error
        : new QuotaUnavailableError('ledger', RETRY_UNAVAILABLE_MS, { cause: error });
    }
  }

  #callsOf(tenantId: TenantId, limits: TenantLimits): TenantCalls {
    let calls = this.#tenants.get(limits);
    if (!calls) {
      calls = new TenantCalls(new QuotaPlan(limits, this.#memoryMs), this.parts.keys, tenantId);
      this.#tenants.set(limits, calls);
    }
    return calls;
  }
}

function toQuotaError(error: unknown): QuotaError {
  if (error instanceof RedisTimeoutError && error.isOverloaded)
    return new QuotaOverloadedError(RETRY_UNAVAILABLE_MS);
  return error instanceof Error && error.message.startsWith('QUOTA ')
    ? new InvalidQuotaRequestError(error.message, { cause: error })
    : new QuotaUnavailableError('redis', RETRY_UNAVAILABLE_MS, { cause: error });
}
