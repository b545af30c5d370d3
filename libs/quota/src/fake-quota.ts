import { checkCost, checkLease, checkUnits } from './cost.js';
import type { LimitSource } from './limits/limit-source.js';
import { resolveLimits } from './limits/resolve-limits.js';
import { ResourceCatalogue } from './limits/resource-catalogue.js';
import { QuotaModel } from './model/quota-model.js';
import { newOperationId, type OperationId, parseOperationId } from './operation-id.js';
import {
  InvalidQuotaRequestError,
  QuotaUnavailableError,
  TenantSuspendedError,
  UnknownTenantError,
} from './quota.errors.js';
import type {
  AdjustRequest,
  CancelRequest,
  CheckRequest,
  Decision,
  ExtendRequest,
  HoldGone,
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
import type { QuotaVerbs } from './quota-verbs.js';
import { parseTenantId, type TenantId } from './tenant-id.js';

export interface FakeQuotaOptions {
  readonly limits: LimitSource;
  /** Default 60_000. */
  readonly leaseMs?: number;
  /** Resources that are known though no limit counts them. Default: none. */
  readonly resources?: readonly string[];
}

/**
 * Quotas in memory for the tests of an application: the same answers as QuotaService, without Redis, at a time that the
 * test sets.
 *
 *     const quota = new FakeQuota({ limits });
 *     Test.createTestingModule({ imports: [FakeQuotaModule.forRoot({ quota }), SearchModule] });
 *     quota.nowMs += 3_600_000;
 */
export class FakeQuota implements QuotaVerbs {
  /** The time of every decision, in ms since the epoch. */
  nowMs = Date.UTC(2030, 0, 1);
  /** While true every verb throws QuotaUnavailableError. */
  isUnavailable = false;
  readonly #model = new QuotaModel();
  readonly #leaseMs: number;
  readonly #resources: ResourceCatalogue;

  constructor(private readonly options: FakeQuotaOptions) {
    this.#leaseMs = options.leaseMs ?? 60_000;
    const { resources } = options;
    this.#resources = new ResourceCatalogue(options.limits, { resources, ttlMs: 0, retryMs: 0 });
  }

  async check({ tenantId, cost }: CheckRequest): Promise<Decision> {
    checkCost(cost);
    await this.#resources.mustKnow(cost);
    return this.#model.check(await this.#turn(tenantId, true), cost, newOperationId());
  }

  async spend({ tenantId, cost, operationId }: SpendRequest): Promise<Decision> {
    checkCost(cost);
    await this.#resources.mustKnow(cost);
    return this.#model.spend(await this.#named(tenantId, operationId, true), cost, operationId !== undefined);
  }

  async reserve({ tenantId, cost, operationId, leaseMs = this.#leaseMs }: ReserveRequest): Promise<Decision> {
    checkCost(cost);
    checkLease(leaseMs);
    await this.#resources.mustKnow(cost);
    return this.#model.reserve(await this.#named(tenantId, operationId, true), cost, leaseMs);
  }

  async settle({ tenantId, operationId, cost }: SettleRequest): Promise<Settlement> {
    if (cost) checkCost(cost);
    return this.#model.close(await this.#named(tenantId, parseOperationId(operationId)), 'settled', cost);
  }

  async extend(request: ExtendRequest): Promise<Decision | HoldGone> {
    const { tenantId, operationId, leaseMs = this.#leaseMs, cost } = request;
    if (cost) checkCost(cost);
    checkLease(leaseMs);
    if (cost) await this.#resources.mustKnow(cost);
    return this.#model.extend(await this.#named(tenantId, parseOperationId(operationId)), cost, leaseMs);
  }

  async cancel({ tenantId, operationId }: CancelRequest): Promise<Settlement> {
    return this.#model.close(await this.#named(tenantId, parseOperationId(operationId)), 'cancelled');
  }

  async record({ tenantId, cost, operationId }: RecordRequest): Promise<Recorded> {
    checkCost(cost);
    await this.#resources.mustKnow(cost);
    return this.#model.record(await this.#named(tenantId, operationId), cost, operationId !== undefined);
  }

  async adjust({ tenantId, resource, operationId, delta, total }: AdjustRequest): Promise<Decision> {
    if ((delta === undefined) === (total === undefined)) {
      throw new InvalidQuotaRequestError('Exactly one of delta and total must be given');
    }
    checkUnits(resource, total ?? Math.abs(delta));
    await this.#resources.mustKnow({ [resource]: 0 });
    const turn = await this.#named(tenantId, operationId);
    return this.#model.adjust(turn, resource, { delta, total }, operationId !== undefined);
  }

  async status({ tenantId }: StatusRequest): Promise<QuotaStatus> {
    return this.#model.status(await this.#turn(tenantId));
  }

  async reset({ tenantId, limits: names }: ResetRequest): Promise<QuotaStatus> {
    const turn = await this.#turn(tenantId);
    const known = new Set(turn.limits.limits.map(({ definition }) => definition.name));
    const strange = names?.find((name) => !known.has(name));
    if (strange !== undefined) {
      throw new InvalidQuotaRequestError(`The tenant has no limit named ${JSON.stringify(strange)}`);
    }
    return this.#model.reset(turn, names);
  }

  async #turn(tenantId: TenantId, isAdmitting = false): Promise<{ limits: TenantLimits; nowMs: number }> {
    if (this.isUnavailable) throw new QuotaUnavailableError('redis', 1_000);
    const { nowMs } = this;
    const snapshot = await this.options.limits.load(parseTenantId(tenantId));
    if (!snapshot) throw new UnknownTenantError(tenantId);
    if (isAdmitting && snapshot.status === 'suspended') throw new TenantSuspendedError(tenantId);
    return { limits: resolveLimits(snapshot, nowMs), nowMs };
  }

  async #named(tenantId: TenantId, operationId: OperationId | undefined, isAdmitting = false) {
    const name = operationId === undefined ? newOperationId() : parseOperationId(operationId);
    return { ...(await this.#turn(tenantId, isAdmitting)), operationId: name };
  }
}
