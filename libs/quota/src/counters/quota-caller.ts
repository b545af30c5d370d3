import type { LuaScript, RedisClient } from 'fairshare/redis';
import { Deadlines } from '../deadlines.js';
import type { UsageLedger } from '../ledger/usage-ledger.js';
import type { LimitCache } from '../limits/limit-cache.js';
import type { OperationId } from '../operation-id.js';
import {
  InvalidQuotaRequestError,
  QuotaError,
  QuotaUnavailableError,
  TenantSuspendedError,
} from '../quota.errors.js';
import type { QuotaOptions } from '../quota.options.js';
import type { TenantLimits } from '../quota.types.js';
import type { RedisClock } from '../redis-clock.js';
import { parseTenantId, type TenantId } from '../tenant-id.js';
import type { QuotaKeys } from './keys.js';
import { QuotaPlan } from './quota-plan.js';
import { QuotaReply, STATUS } from './quota-reply.js';
import { EMPTY_SEED, NO_SEED, packSeed } from './quota-seed.js';
import { checkScript } from './scripts.js';

const RETRY_UNAVAILABLE_MS = 1_000;
// Limits that ran out while the call was under way, and counters that were lost, each cost one more try.
const MAX_TRIES = 5;

/** One call of a script for a tenant. */
export interface Call {
  readonly tenantId: TenantId;
  readonly operationId?: OperationId | '';
  readonly script: LuaScript<string, string, Buffer>;
  readonly encode: (plan: QuotaPlan) => Buffer;
  /** The second argument of the script, where it is not the operation id. */
  readonly extra?: Readonly<Record<string, string>>;
  /** Refused for a suspended tenant. */
  readonly admits?: boolean;
}

export interface Answered {
  readonly plan: QuotaPlan;
  readonly reply: QuotaReply;
}

export interface CallerParts {
  readonly redis: RedisClient;
  readonly cache: LimitCache;
  readonly options: QuotaOptions;
  readonly keys: QuotaKeys;
  readonly clock: RedisClock;
  readonly ledger?: UsageLedger;
}

/** Runs a script by the limits that Redis time finds in force, within the deadline, and gives its answer. */
export class QuotaCaller {
  readonly #plans = new WeakMap<TenantLimits, QuotaPlan>();
  readonly #keys = new WeakMap<TenantLimits, { counters: string; holds: string }>();
  readonly #deadlines: Deadlines;
  readonly #memoryMs: number;

  constructor(private readonly parts: CallerParts) {
    const { deadlineMs = 250, memoryMs = 600_000 } = parts.options;
    this.#memoryMs = memoryMs;
    this.#deadlines = new Deadlines(
      deadlineMs,
      () => new QuotaUnavailableError('deadline', Math.max(RETRY_UNAVAILABLE_MS, deadlineMs)),
    );
  }

  run(call: Call): Promise<Answered> {
    return this.#deadlines.guard(this.#ask(call));
  }

  /** Asks for nothing: every limit as it stands. */
  look(tenantId: TenantId): Promise<Answered> {
    return this.run({
      tenantId,
      script: checkScript,
      encode: (plan) => plan.encode(undefined),
      extra: { isHeld: '0' },
    });
  }

  async #ask({ tenantId, operationId, script, encode, extra, admits }: Call): Promise<Answered> {
    // What the cache has was checked when it came in.
    let limits = this.parts.cache.peek(tenantId) ?? (await this.parts.cache.get(parseTenantId(tenantId)));
    let seed = this.parts.ledger ? NO_SEED : EMPTY_SEED;
    const { counters, holds } = this.#tenantKeys(tenantId, limits);
    const operation = operationId ? this.parts.keys.operation(tenantId, operationId) : counters;
    const keys = { counters, holds, operation };
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (admits && limits.status === 'suspended') throw new TenantSuspendedError(tenantId);
      const plan = this.#planOf(limits);
      const args = { plan: encode(plan), operationId: operationId ?? '', seed, ...extra };
      const bytes = await this.#send(script, keys, args);
      const status = bytes[0];
      if (status === STATUS.cold) {
        seed = await this.#seed(tenantId, plan);
      } else if (status === STATUS.stale) {
        const nowMs = bytes.readDoubleLE(1);
        this.parts.clock.observe(nowMs);
        limits = await this.parts.cache.getAt(tenantId, nowMs);
      } else {
        const reply = new QuotaReply(bytes, plan);
        this.parts.clock.observe(reply.nowMs);
        return { plan, reply };
      }
    }
    throw new QuotaUnavailableError('limits', RETRY_UNAVAILABLE_MS);
  }

  async #send(
    script: LuaScript<string, string, Buffer>,
    keys: Readonly<Record<string, string>>,
    args: Readonly<Record<string, string | Buffer>>,
  ): Promise<Buffer> {
    try {
      return await script.run(this.parts.redis, keys, args);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('QUOTA ')) {
        throw new InvalidQuotaRequestError(error.message, { cause: error });
      }
      throw new QuotaUnavailableError('redis', RETRY_UNAVAILABLE_MS, { cause: error });
    }
  }

  async #seed(tenantId: TenantId, plan: QuotaPlan): Promise<Buffer> {
    try {
      return packSeed(plan, (await this.parts.ledger?.load(tenantId)) ?? []);
    } catch (error) {
      throw error instanceof QuotaError
        ? error
        : new QuotaUnavailableError('ledger', RETRY_UNAVAILABLE_MS, { cause: error });
    }
  }

  // Encoding an id costs as much as packing a plan: once for as long as the limits live.
  #tenantKeys(tenantId: TenantId, limits: TenantLimits): { counters: string; holds: string } {
    let keys = this.#keys.get(limits);
    if (!keys) {
      keys = { counters: this.parts.keys.counters(tenantId), holds: this.parts.keys.holds(tenantId) };
      this.#keys.set(limits, keys);
    }
    return keys;
  }

  #planOf(limits: TenantLimits): QuotaPlan {
    let plan = this.#plans.get(limits);
    if (!plan) this.#plans.set(limits, (plan = new QuotaPlan(limits, this.#memoryMs)));
    return plan;
  }
}
