import { AbandonedHolds } from './abandoned-holds.js';
import { checkCost, checkLease, checkUnits } from './cost.js';
import { type Answered, type Call, type CallerParts, QuotaCaller } from './counters/quota-caller.js';
import type { QuotaPlan } from './counters/records/plan.js';
import * as scripts from './counters/scripts.js';
import type { QuotaVerb, UsageEvent, UsageRecorder } from './ledger/usage-recorder.js';
import { newOperationId, type OperationId, parseOperationId } from './operation-id.js';
import {
  chargedByResource,
  decisionOf,
  degradedDecision,
  outcomeOf,
  standingOf,
  statusOf,
} from './quota-answers.js';
import { InvalidQuotaRequestError, QuotaUnavailableError } from './quota.errors.js';
import type { QuotaVerbs } from './quota-verbs.js';
import type {
  AdjustRequest,
  CancelRequest,
  CheckRequest,
  Cost,
  Decision,
  ExtendRequest,
  HoldGone,
  Overrun,
  QuotaStatus,
  Recorded,
  RecordRequest,
  ReserveRequest,
  ResetRequest,
  Settlement,
  SettleRequest,
  SpendRequest,
  StatusRequest,
} from './quota.types.js';
import { behind, type Restored, type RestoreRequest } from './ledger/restoration.js';
import { retrySpread } from './retry-spread.js';
import type { TenantId } from './tenant-id.js';

const NOTHING: Cost = Object.freeze({});
const NO_OVERRUNS: readonly Overrun[] = Object.freeze([]);

/** What a QuotaService is made of. */
export interface QuotaParts extends CallerParts {
  readonly recorder?: UsageRecorder;
}

/** The verbs, each decided in one atomic call on Redis. */
export class QuotaService implements QuotaVerbs {
  readonly #caller: QuotaCaller;
  readonly #leaseMs: number;
  readonly #abandoned: AbandonedHolds;
  readonly #spread: (ms: number) => number;

  constructor(private readonly parts: QuotaParts) {
    this.#caller = new QuotaCaller(parts);
    this.#leaseMs = checkLease(parts.options.leaseMs ?? 60_000);
    this.#spread = retrySpread(parts.options);
    this.#abandoned = new AbandonedHolds((hold) => this.cancel(hold), parts.options.deadlineMs ?? 250);
  }

  async check({ tenantId, cost }: CheckRequest): Promise<Decision> {
    checkCost(cost);
    return this.#decide(cost, newOperationId(), {
      tenantId,
      script: scripts.checkScript,
      ask: { cost },
      extra: { isHeld: '1' },
      admits: true,
      isStrict: true,
    });
  }

  async spend(request: SpendRequest): Promise<Decision> {
    const { tenantId, cost, withinMs } = request;
    checkCost(cost);
    const operationId = nameOf(request);
    const call: Call = {
      tenantId,
      operationId,
      script: scripts.spendScript,
      ask: { cost },
      admits: true,
      mustBeInTime: true,
      isStrict: true,
      withinMs,
    };
    return this.#decide(cost, operationId || newOperationId(), call, 'spend');
  }

  async reserve(request: ReserveRequest): Promise<Decision> {
    const { tenantId, cost, withinMs } = request;
    checkCost(cost);
    const leaseMs = checkLease(request.leaseMs ?? this.#leaseMs);
    const operationId = nameOf(request) || newOperationId();
    const call: Call = {
      tenantId,
      operationId,
      script: scripts.reserveScript,
      ask: { cost, leaseMs },
      admits: true,
      mustBeInTime: true,
      isStrict: true,
      withinMs,
    };
    const decision = this.#decide(cost, operationId, call, 'reserve');
    // Who names its operation may repeat it, and finds the hold that was made.
    return request.operationId
      ? decision
      : decision.catch((error: unknown) => this.#abandonAfter(error, call));
  }

  async settle({ tenantId, cost, ...request }: SettleRequest): Promise<Settlement> {
    if (cost) checkCost(cost);
    const operationId = parseOperationId(request.operationId);
    return this.#close('settle', operationId, {
      tenantId,
      operationId,
      script: scripts.settleScript,
      ask: { cost, absent: -1 },
    });
  }

  async extend({ tenantId, cost, ...request }: ExtendRequest): Promise<Decision | HoldGone> {
    if (cost) checkCost(cost);
    const leaseMs = checkLease(request.leaseMs ?? this.#leaseMs);
    const operationId = parseOperationId(request.operationId);
    const call: Call = {
      tenantId,
      operationId,
      script: scripts.extendScript,
      ask: { cost, leaseMs },
      isStrict: true,
    };
    const answered = await this.#caller.run(call);
    const outcome = outcomeOf(answered);
    if (answered.reply.isDenied || outcome === 'held') {
      return this.#decided(cost ?? NOTHING, operationId, answered, 'extend');
    }
    const repeated = answered.reply.isRepeated;
    return { allowed: false, outcome, operationId, repeated, ...standingOf(answered) };
  }

  async cancel({ tenantId, ...request }: CancelRequest): Promise<Settlement> {
    const operationId = parseOperationId(request.operationId);
    return this.#close('cancel', operationId, {
      tenantId,
      operationId,
      script: scripts.cancelScript,
      ask: {},
    });
  }

  /**
   * Says that nobody will use the hold of this operation, whatever became of it: it is cancelled as soon as Redis answers.
   * For a named operation whose `reserve` failed, and that is never repeated under its name.
   */
  abandon({ tenantId, operationId }: CancelRequest): void {
    this.#abandoned.add({ tenantId, operationId: parseOperationId(operationId), leaseMs: this.#leaseMs });
  }

  async record(request: RecordRequest): Promise<Recorded> {
    const { tenantId, cost } = request;
    checkCost(cost);
    const operationId = nameOf(request);
    const call: Call = { tenantId, operationId, script: scripts.recordScript, ask: { cost }, isStrict: true };
    const { reply, plan } = await this.#caller.run(call);
    const standing = standingOf({ plan, reply });
    const { isRepeated: repeated } = reply;
    if (!repeated) this.#report(tenantId, 'record', 'recorded', standing, cost);
    return { operationId: operationId || newOperationId(), repeated, ...reply.charges(), ...standing };
  }

  async adjust(request: AdjustRequest): Promise<Decision> {
    const { movement, units } = movementOf(request);
    const operationId = nameOf(request);
    const cost = { [request.resource]: units };
    const call: Call = {
      tenantId: request.tenantId,
      operationId,
      script: scripts.adjustScript,
      ask: { cost, absent: -1 },
      extra: { movement },
      mustBeInTime: true,
      isStrict: true,
    };
    return this.#decide(cost, operationId || newOperationId(), call, 'adjust');
  }

  async status({ tenantId }: StatusRequest): Promise<QuotaStatus> {
    return statusOf(await this.#caller.look(tenantId));
  }

  async reset({ tenantId, limits }: ResetRequest): Promise<QuotaStatus> {
    const names = limits && new Set(limits);
    // By the limits that Redis time finds in force, not by those this node takes for it.
    if (names) checkNames((await this.#caller.look(tenantId)).plan, names);
    const call: Call = {
      tenantId,
      script: scripts.resetScript,
      ask: { costOf: ({ limit }) => (!names || names.has(limit.definition.name) ? 1 : 0) },
      extra: { scope: names ? 'some' : 'all' },
    };
    const status = statusOf(await this.#caller.run(call));
    const wasReset = names ? status.limits.filter(({ name }) => names.has(name)) : status.limits;
    this.#report(tenantId, 'reset', 'reset', { ...status, limits: wasReset }, NOTHING);
    return status;
  }

  /**
   * Brings counters that remember less than a ledger back up to it, within the windows that still run: Redis may have come
   * back with an older memory. Windows are only raised; levels take the ledger's value. Returns what was changed.
   */
  async restore({ tenantId, entries }: RestoreRequest): Promise<readonly Restored[]> {
    const { limits } = statusOf(await this.#caller.look(tenantId));
    const restored = behind(limits, entries);
    if (restored.length === 0) return restored;
    const used = new Map(restored.map(({ limitId, to }) => [limitId, to]));
    const untilMs = Math.min(...restored.map(({ windowEndMs }) => windowEndMs || Number.MAX_SAFE_INTEGER));
    await this.#caller.run({
      tenantId,
      script: scripts.restoreScript,
      ask: { costOf: ({ limit }) => used.get(limit.definition.id) ?? -1 },
      extra: { until: String(untilMs) },
    });
    return restored;
  }

  /** For operators, once a tenant is removed for good: its counters and holds are gone, so that its id begins at zero. */
  async forget(tenantId: TenantId): Promise<void> {
    const { redis, keys } = this.parts;
    try {
      await redis.del(keys.counters(tenantId), keys.holds(tenantId));
    } catch (error) {
      throw new QuotaUnavailableError('redis', 1_000, { cause: error });
    }
  }

  #decide(cost: Cost, operationId: OperationId, call: Call, verb?: QuotaVerb): Promise<Decision> {
    const decision = this.#caller
      .run(call)
      .then((answered) => this.#decided(cost, operationId, answered, verb));
    if (!call.admits || this.parts.options.onUnavailable !== 'allow') return decision;
    return decision.catch((error: unknown) => {
      if (!(error instanceof QuotaUnavailableError)) throw error;
      return degradedDecision(operationId, this.parts.clock.now());
    });
  }

  #decided(cost: Cost, operationId: OperationId, answered: Answered, verb: QuotaVerb | undefined): Decision {
    const decision = decisionOf(answered, { cost, operationId, spread: this.#spread });
    if (verb && decision.allowed && !decision.repeated) {
      const { tenantId } = answered.plan.limits;
      const outcome = verb === 'adjust' ? 'adjusted' : decision.outcome;
      this.#report(tenantId, verb, outcome, decision, decision.outcome === 'held' ? NOTHING : cost);
    }
    return decision;
  }

  #abandonAfter(error: unknown, { tenantId, operationId, ask }: Call): never {
    if (error instanceof QuotaUnavailableError) {
      this.#abandoned.add({ tenantId, operationId: operationId as OperationId, leaseMs: ask.leaseMs! });
    }
    throw error;
  }

  async #close(verb: 'settle' | 'cancel', operationId: OperationId, call: Call): Promise<Settlement> {
    const answered = await this.#caller.run(call);
    const { reply, plan } = answered;
    const outcome = outcomeOf(answered) as Settlement['outcome'];
    const standing = standingOf(answered);
    const charges = reply.charges();
    if (!reply.isRepeated && (outcome === 'settled' || outcome === 'cancelled')) {
      const overruns = standing.mode === 'observe' ? NO_OVERRUNS : charges.overruns;
      this.#report(call.tenantId, verb, outcome, standing, chargedByResource(plan, charges), overruns);
    }
    return { outcome, operationId, repeated: reply.isRepeated, ...charges, ...standing };
  }

  #report(
    tenantId: TenantId,
    verb: QuotaVerb,
    outcome: UsageEvent['outcome'],
    { limits, decidedAtMs }: Pick<Decision, 'limits' | 'decidedAtMs'>,
    charged: Cost,
    overruns: readonly Overrun[] = NO_OVERRUNS,
  ): void {
    this.parts.recorder?.recorded({ tenantId, verb, outcome, limits, charged, overruns, decidedAtMs });
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
