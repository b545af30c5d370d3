import type { RedisClient } from 'fairshare/redis';
import { QuotaKeys } from './counters/keys.js';
import type { UsageLedger } from './ledger/usage-ledger.js';
import type { UsageRecorder } from './ledger/usage-recorder.js';
import { LimitCache } from './limits/limit-cache.js';
import { LimitInvalidation } from './limits/limit-invalidation.js';
import type { LimitSource } from './limits/limit-source.js';
import { ResourceCatalogue } from './limits/resource-catalogue.js';
import type { QuotaOptions } from './quota.options.js';
import { checkOptions } from './quota.options.js';
import { QuotaService } from './quota.service.js';
import { RedisClock } from './redis-clock.js';
import type { ModelSource } from './weights/model-source.js';
import { ModelWeights } from './weights/model-weights.js';

export interface QuotaSetup extends QuotaOptions {
  /** Where limits come from; needed. */
  readonly limits: LimitSource;
  /** Where model weights come from. Default: every model weighs as `DEFAULT_MODEL_WEIGHT`. */
  readonly models?: ModelSource;
  /** Where counters return from after Redis lost its memory. Default: nowhere, they start at 0. */
  readonly ledger?: UsageLedger;
  /** Sees every answer that moved a counter. Default: nobody. */
  readonly recorder?: UsageRecorder;
}

export interface Quotas {
  readonly service: QuotaService;
  readonly cache: LimitCache;
  /** Listens once `onModuleInit` is called and until `onApplicationShutdown` is. */
  readonly invalidation: LimitInvalidation;
  readonly models: ModelWeights;
}

/** Everything this library has, put together; without Nest too. Throws QuotaConfigurationError for a wrong option. */
export function createQuota(redis: RedisClient, setup: QuotaSetup): Quotas {
  checkOptions(setup);
  const keys = new QuotaKeys(setup.keyPrefix ?? 'fairshare:quota');
  const clock = new RedisClock();
  // The rest of a decision's time is for the script.
  const changedPatienceMs = (setup.deadlineMs ?? 250) / 2 || undefined;
  const cache = new LimitCache(setup.limits, { ...setup.cache, changedPatienceMs }, clock);
  const { ledger, recorder } = setup;
  const resources = new ResourceCatalogue(setup.limits, { ...setup.cache, resources: setup.resources });
  const invalidation = new LimitInvalidation(redis, cache, keys);
  invalidation.onInvalidated((scope) => scope === 'all' && resources.invalidate());
  return {
    service: new QuotaService({ redis, cache, resources, options: setup, keys, clock, ledger, recorder }),
    cache,
    invalidation,
    models: new ModelWeights(setup.models, { ttlMs: setup.modelsTtlMs, changedPatienceMs }, undefined, setup),
  };
}
