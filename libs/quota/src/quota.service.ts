import type { LuaScript, RedisClient } from 'fairshare/redis';
import { checkCost, checkLease, checkUnits } from './cost.js';
import { QuotaKeys } from './counters/keys.js';
import { type PlannedLimit, QuotaPlan } from './counters/quota-plan.js';
import { QuotaReply, STATUS } from './counters/quota-reply.js';
import { EMPTY_SEED, NO_SEED, packSeed } from './counters/quota-seed.js';
import * as scripts from './counters/scripts.js';
import { Deadlines } from './deadlines.js';
import type { UsageLedger } from './ledger/usage-ledger.js';
import type { QuotaVerb, UsageEvent, UsageRecorder } from './ledger/usage-recorder.js';
import type { LimitCache } from './limits/limit-cache.js';
import { newOperationId, type OperationId, parseOperationId } from './operation-id.js';
import {
  InvalidQuotaRequestError,
  QuotaError,
  QuotaUnavailableError,
  TenantSuspendedError,
} from './quota.errors.js';
import type { QuotaVerbs } from './quota-verbs.js';
import type { QuotaOptions } from './quota.options.js';
import type {
  AdjustRequest,
  CancelRequest,
  CheckRequest,
  Cost,
  Decision,
  ExtendRequest,
  HoldGone,
  OperationOutcome,
  QuotaStatus,
  Recorded,
  RecordRequest,
  ReserveRequest,
  ResetRequest,
  Settlement,
  SettleRequest,
  SpendRequest,
  StatusRequest,
  TenantLimits,
} from './quota.types.js';
import type { RedisClock } from './redis-clock.js';
import { retrySpread } from './retry-spread.js';
import { parseTenantId, type TenantId } from './tenant-id.js';

const OUTCOME_OF: Readonly<Record<number, OperationOutcome | 'unknown'>> = {
  [STATUS.held]: 'held',
  [STATUS.spent]: 'spent',
  [STATUS.settled]: 'settled',
  [STATUS.cancelled]: 'cancelled',
  [STATUS.expired]: 'expired',
  [STATUS.unknown]: 'unknown',
};

const NOTHING: Cost = Object.freeze({});
const RETRY_UNAVAILABLE_MS = 1_000;
// Limits that ran out while the call was under way, and counters that were lost, each cost one more try.
const MAX_TRIES = 5;

interface Call {
  readonly tenantId: TenantId;
  readonly operationId?: OperationId | '';
  readonly script: LuaScript<string, string, Buffer>;
  readonly encode: (plan: QuotaPlan) => Buffer;
  /** The second argument of the script, where it is not the operation id. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly admits?: boolean;
}

interface Answered {
  readonly plan: QuotaPlan;
  readonly reply: QuotaReply;
}

/** What a QuotaService is made of. */
export interface QuotaParts {
  readonly redis: RedisClient;
  readonly cache: LimitCache;
  readonly options: QuotaOptions;
  readonly keys: QuotaKeys;
  readonly clock: RedisClock;
  readonly ledger?: UsageLedger;
  readonly recorder?: UsageRecorder;
}

/** The verbs, each decided in one atomic call on Redis. */
export class QuotaService implements QuotaVerbs {
  readonly #plans = new WeakMap<TenantLimits, QuotaPlan>();
  readonly #keys = new WeakMap<TenantLimits, { counters: string; holds: string }>();
  readonly #deadlines: Deadlines;
  readonly #leaseMs: number;
  readonly #memoryMs: number;
  readonly #spread: (ms: number) => number;

  constructor(private readonly parts: QuotaParts) {
    const { options } = parts;
    this.#leaseMs = checkLease(options.leaseMs ?? 60_000);
    this.#memoryMs = options.memoryMs ?? 600_000;
    this.#spread = retrySpread(options);
    const deadlineMs = options.deadlineMs ?? 250;
    this.#deadlines = new Deadlines(
      deadlineMs,
      () => new QuotaUnavailableError('deadline', Math.max(RETRY_UNAVAILABLE_MS, deadlineMs)),
    );
  }

  async check(request: CheckRequest): Promise<Decision> {
    checkCost(request.cost);
    const operationId = newOperationId();
    return this.#decide(request.cost, operationId, {
      tenantId: request.tenantId,
      script: scripts.checkScript,
      encode: (plan) => plan.encode(request.cost),
      extra: { isHeld: '1' },
      admits: true,
    });
  }

  async spend(request: SpendRequest): Promise<Decision> {
    checkCost(request.cost);
    const operationId = nameOf(request);
    return this.#decide(
      request.cost,
      operationId || newOperationId(),
      {
        tenantId: request.tenantId,
        operationId,
        script: scripts.spendScript,
        encode: (plan) => plan.encode(request.cost),
        admits: true,
      },
      'spend',
    );
  }

  async reserve(request: ReserveRequest): Promise<Decision> {
    checkCost(request.cost);
    const leaseMs = checkLease(request.leaseMs ?? this.#leaseMs);
    const operationId = nameOf(request) || newOperationId();
    return this.#decide(
      request.cost,
      operationId,
      {
        tenantId: request.tenantId,
        operationId,
        script: scripts.reserveScript,
        encode: (plan) => plan.encode(request.cost, leaseMs),
        admits: true,
      },
      'reserve',
    );
  }

  async settle(request: SettleRequest): Promise<Settlement> {
    if (request.cost) checkCost(request.cost);
    const operationId = parseOperationId(request.operationId);
    return this.#close('settle', operationId, {
      tenantId: request.tenantId,
      operationId,
      script: scripts.settleScript,
      encode: (plan) => plan.encode(request.cost, 0, -1),
    });
  }

  async extend(request: ExtendRequest): Promise<Decision | HoldGone> {
    if (request.cost) checkCost(request.cost);
    const leaseMs = checkLease(request.leaseMs ?? this.#leaseMs);
    const operationId = parseOperationId(request.operationId);
    const answered = await this.#run({
      tenantId: request.tenantId,
      operationId,
      script: scripts.extendScript,
      encode: (plan) => plan.encode(request.cost, leaseMs),
    });
    const { reply } = answered;
    const outcome = OUTCOME_OF[reply.status];
    if (reply.status === STATUS.denied || outcome === 'held') {
      return this.#decision(request.cost ?? NOTHING, operationId, request.tenantId, answered, 'extend');
    }
    return {
      allowed: false,
      outcome: outcome ?? 'unknown',
      operationId,
      repeated: reply.isRepeated,
      ...this.#answer(answered),
    };
  }

  async cancel(request: CancelRequest): Promise<Settlement> {
    const operationId = parseOperationId(request.operationId);
    return this.#close('cancel', operationId, {
      tenantId: request.tenantId,
      operationId,
      script: scripts.cancelScript,
      encode: (plan) => plan.encode(undefined),
    });
  }

  async record(request: RecordRequest): Promise<Recorded> {
    checkCost(request.cost);
    const operationId = nameOf(request);
    const answered = await this.#run({
      tenantId: request.tenantId,
      operationId,
      script: scripts.recordScript,
      encode: (plan) => plan.encode(request.cost),
    });
    const { reply } = answered;
    const answer = this.#answer(answered);
    if (!reply.isRepeated) {
      this.#report(request.tenantId, 'record', 'recorded', answer, request.cost);
    }
    const named = operationId || newOperationId();
    return { operationId: named, repeated: reply.isRepeated, ...reply.charges(), ...answer };
  }

  async adjust(request: AdjustRequest): Promise<Decision> {
    const { movement, units } = movementOf(request);
    const operationId = nameOf(request);
    return this.#decide(
      { [request.resource]: units },
      operationId || newOperationId(),
      {
        tenantId: request.tenantId,
        operationId,
        script: scripts.adjustScript,
        encode: (plan) => plan.encode({ [request.resource]: units }, 0, -1),
        extra: { movement },
      },
      'adjust',
    );
  }

  async status(request: StatusRequest): Promise<QuotaStatus> {
    return this.#status(await this.#look(request.tenantId));
  }

  async reset(request: ResetRequest): Promise<QuotaStatus> {
    const names = request.limits && new Set(request.limits);
    // By the limits that Redis time finds in force, not by those this node takes for it.
    if (names) checkNames((await this.#look(request.tenantId)).plan, names);
    const answered = await this.#run({
      tenantId: request.tenantId,
      script: scripts.resetScript,
      encode: (plan) => plan.encodeEach(({ limit }) => (!names || names.has(limit.definition.name) ? 1 : 0)),
      extra: { scope: names ? 'some' : 'all' },
    });
    const status = this.#status(answered);
    this.#report(request.tenantId, 'reset', 'reset', status, NOTHING);
    return status;
  }

  async #decide(cost: Cost, operationId: OperationId, call: Call, verb?: QuotaVerb): Promise<Decision> {
    let answered: Answered;
    try {
      answered = await this.#run(call);
    } catch (error) {
      const isTolerated = call.admits && this.parts.options.onUnavailable === 'allow';
      if (isTolerated && error instanceof QuotaUnavailableError) return this.#degraded(operationId);
      throw error;
    }
    return this.#decision(cost, operationId, call.tenantId, answered, verb);
  }

  #decision(
    cost: Cost,
    operationId: OperationId,
    tenantId: TenantId,
    answered: Answered,
    verb: QuotaVerb | undefined,
  ): Decision {
    const { reply } = answered;
    const requested = (entry: PlannedLimit) => cost[entry.limit.definition.resource] ?? 0;
    const violations = reply.violations(requested, this.#spread);
    const answer = this.#answer(answered);
    if (reply.status === STATUS.denied) {
      const times = violations.map(({ retryAfterMs }) => retryAfterMs);
      const retryAfterMs = times.includes('never') ? 'never' : Math.max(...(times as number[]));
      return {
        allowed: false,
        outcome: 'denied',
        operationId,
        repeated: false,
        violations,
        retryAfterMs,
        ...answer,
      };
    }
    const outcome = OUTCOME_OF[reply.status] as OperationOutcome;
    if (verb && !reply.isRepeated) {
      const isHeld = outcome === 'held';
      this.#report(tenantId, verb, verb === 'adjust' ? 'adjusted' : outcome, answer, isHeld ? NOTHING : cost);
    }
    return {
      allowed: true,
      outcome,
      operationId,
      repeated: reply.isRepeated,
      leaseExpiresAtMs: reply.deadlineMs || null,
      wouldDeny: violations,
      ...answer,
    };
  }

  async #close(verb: 'settle' | 'cancel', operationId: OperationId, call: Call): Promise<Settlement> {
    const answered = await this.#run(call);
    const { reply, plan } = answered;
    const outcome = OUTCOME_OF[reply.status] as Settlement['outcome'];
    const answer = this.#answer(answered);
    const charges = reply.charges();
    if (!reply.isRepeated && (outcome === 'settled' || outcome === 'cancelled')) {
      this.#report(call.tenantId, verb, outcome, answer, byResource(plan, charges));
    }
    return { outcome, operationId, repeated: reply.isRepeated, ...charges, ...answer };
  }

  /** Asks for nothing: every limit as it stands. */
  #look(tenantId: TenantId): Promise<Answered> {
    return this.#run({
      tenantId,
      script: scripts.checkScript,
      encode: (plan) => plan.encode(undefined),
      extra: { isHeld: '0' },
    });
  }

  #run(call: Call): Promise<Answered> {
    return this.#deadlines.guard(this.#ask(call));
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

  #answer({ plan, reply }: Answered): Pick<Decision, 'limits' | 'decidedAtMs' | 'mode'> {
    const mode = plan.limits.overflow === 'observe' ? 'observe' : 'enforce';
    return { limits: reply.limits(), decidedAtMs: reply.nowMs, mode };
  }

  #status(answered: Answered): QuotaStatus {
    const { tenantId, tier, status, overflow } = answered.plan.limits;
    return {
      tenantId,
      tier,
      status,
      overflow,
      openHolds: answered.reply.openHolds,
      ...this.#answer(answered),
    };
  }

  #degraded(operationId: OperationId): Decision {
    return {
      allowed: true,
      outcome: 'spent',
      operationId,
      repeated: false,
      leaseExpiresAtMs: null,
      wouldDeny: [],
      limits: [],
      decidedAtMs: this.parts.clock.now(),
      mode: 'degraded',
    };
  }

  #report(
    tenantId: TenantId,
    verb: QuotaVerb,
    outcome: UsageEvent['outcome'],
    { limits, decidedAtMs }: Pick<Decision, 'limits' | 'decidedAtMs'>,
    charged: Cost,
  ): void {
    this.parts.recorder?.recorded({ tenantId, verb, outcome, limits, charged, decidedAtMs });
  }
}

/** '' for an operation without a name. */
function nameOf({ operationId }: { readonly operationId?: OperationId }): OperationId | '' {
  return operationId === undefined ? '' : parseOperationId(operationId);
}

function movementOf(request: AdjustRequest): { movement: 'up' | 'down' | 'total'; units: number } {
  const { resource, delta, total } = request;
  if ((delta === undefined) === (total === undefined)) {
    throw new InvalidQuotaRequestError('Exactly one of delta and total must be given');
  }
  if (total !== undefined) {
    checkUnits(resource, total);
    return { movement: 'total', units: total };
  }
  checkUnits(resource, Math.abs(delta));
  return delta < 0 ? { movement: 'down', units: -delta } : { movement: 'up', units: delta };
}

function checkNames(plan: QuotaPlan, names: ReadonlySet<string>): void {
  for (const name of names) {
    if (plan.entries.some(({ limit }) => limit.definition.name === name)) continue;
    throw new InvalidQuotaRequestError(`The tenant has no limit named ${JSON.stringify(name)}`);
  }
}

/** True units by resource: what the limit that took most of it was charged or would have been. */
function byResource(plan: QuotaPlan, { charged, overruns }: Pick<Settlement, 'charged' | 'overruns'>): Cost {
  const isObserving = plan.limits.overflow === 'observe';
  const sums: Record<string, number> = {};
  for (const { limit } of plan.entries) {
    const { name, resource } = limit.definition;
    const over = isObserving ? 0 : (overruns.find((overrun) => overrun.name === name)?.amount ?? 0);
    const units = (charged[name] ?? 0) + over;
    if (units > 0) sums[resource] = Math.max(sums[resource] ?? 0, units);
  }
  return sums;
}
