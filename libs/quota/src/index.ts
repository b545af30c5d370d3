export { parseTenantId, type TenantId } from './tenant-id.js';
export { newOperationId, type OperationId, parseOperationId } from './operation-id.js';
export type {
  AdjustRequest,
  Allowed,
  CancelRequest,
  CheckRequest,
  Cost,
  Decision,
  DecisionMode,
  Denied,
  EffectiveLimit,
  ExtendRequest,
  HoldExpiry,
  HoldGone,
  LimitDefinition,
  LimitKind,
  LimitPeriod,
  LimitState,
  OperationOutcome,
  OverflowPolicy,
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
  TenantLimits,
  Violation,
} from './quota.types.js';
export {
  InvalidCostError,
  InvalidOperationIdError,
  InvalidQuotaRequestError,
  InvalidTenantIdError,
  QuotaConfigurationError,
  QuotaError,
  QuotaOverloadedError,
  QuotaUnavailableError,
  TenantMissingError,
  TenantSuspendedError,
  UnknownModelError,
  UnknownResourceError,
  UnknownTenantError,
} from './quota.errors.js';
export { QuotaExceededError } from './quota-exceeded.error.js';
export {
  type HeaderWriter,
  type LimitCacheOptions,
  QuotaHttpOptions,
  type QuotaOptions,
} from './quota.options.js';
export { chargeTruth, type DoneOperation } from './charge-truth.js';
export { createQuota, type Quotas, type QuotaSetup } from './create-quota.js';
export { KeptReading, type KeptReadingOptions, MAX_STALE_MS } from './kept-reading.js';
export type { QuotaVerbs } from './quota-verbs.js';
export { QuotaModule, type QuotaModuleAsyncOptions, type QuotaModuleOptions } from './quota.module.js';
export { QuotaService } from './quota.service.js';
export { Reservation } from './reservation.js';
export { type HoldRule, Quota, type QuotaRule, SkipQuota } from './http/quota.decorator.js';
export { QuotaGuard } from './http/quota.guard.js';
export { toHttpException } from './http/quota-exception.js';
export { isUnlimited, retryAfterSeconds, writeRateLimitHeaders } from './http/rate-limit-headers.js';
export { decisionOf, reservationOf, Reserved } from './http/reserved.js';
export { LimitCache } from './limits/limit-cache.js';
export { type InvalidatedScope, LimitInvalidation } from './limits/limit-invalidation.js';
export {
  type CataloguedLimit,
  type LimitOverride,
  LimitSource,
  type TenantLimitsSnapshot,
  type TierLimitValue,
} from './limits/limit-source.js';
export { type LedgerEntry, UsageLedger } from './ledger/usage-ledger.js';
export { type Restored, type RestoreRequest, windowEndOf } from './ledger/restoration.js';
export { type QuotaVerb, type UsageEvent, UsageRecorder } from './ledger/usage-recorder.js';
export { type CallSize, costUnits, DEFAULT_MODEL_WEIGHT } from './weights/cost-units.js';
export { ModelSource, type ModelWeight } from './weights/model-source.js';
export {
  checkModelWeight,
  type ModelTerms,
  ModelWeights,
  type UnknownModelRule,
} from './weights/model-weights.js';
export { spellingsOf } from './weights/spellings.js';
export { PrismaModelSource } from './weights/prisma-model-source.js';
export { PrismaLimitSource } from './limits/prisma-limit-source.js';
export { StaticLimitSource, type StaticLimits } from './limits/static-limit-source.js';
export { checkLimit } from './limits/limit-kinds.js';
export { resolveLimits, winsOver } from './limits/resolve-limits.js';
export { editsBetween } from './closest.js';
export { FakeQuota, type FakeQuotaOptions } from './fake-quota.js';
export { FakeQuotaModule, type FakeQuotaModuleOptions } from './fake-quota.module.js';
