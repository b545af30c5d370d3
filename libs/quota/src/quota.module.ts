import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import type { UsageLedger } from './ledger/usage-ledger.js';
import type { UsageRecorder } from './ledger/usage-recorder.js';
import type { LimitSource } from './limits/limit-source.js';
import type { QuotaHttpOptions, QuotaOptions } from './quota.options.js';
import type { ModelSource } from './weights/model-source.js';

export interface QuotaModuleOptions extends QuotaOptions {
  /** Where limits come from; needed. */
  readonly limits: LimitSource;
  /** Where model weights come from. Default: every model weighs as `DEFAULT_MODEL_WEIGHT`. */
  readonly models?: ModelSource;
  /** Where counters return from after Redis lost its memory. Default: nowhere, they start at 0. */
  readonly ledger?: UsageLedger;
  /** Sees every answer that moved a counter. Default: nobody. */
  readonly recorder?: UsageRecorder;
  readonly http?: QuotaHttpOptions;
}

export interface QuotaModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Guards every route of the application. Default false: use `@UseGuards(QuotaGuard)`. */
  readonly globalGuard?: boolean;
  readonly inject?: readonly (symbol | string | (new (...args: never[]) => unknown))[];
  readonly useFactory: (...injected: never[]) => QuotaModuleOptions | Promise<QuotaModuleOptions>;
}

/** Quotas in a Nest application; needs `RedisModule`. Exports QuotaService, LimitCache, LimitInvalidation, ModelWeights, QuotaGuard. */
@Module({})
export class QuotaModule {
  static forRoot(options: QuotaModuleOptions & { readonly globalGuard?: boolean }): DynamicModule {
    return QuotaModule.forRootAsync({ globalGuard: options.globalGuard, useFactory: () => options });
  }

  static forRootAsync(_options: QuotaModuleAsyncOptions): DynamicModule {
    return { module: QuotaModule };
  }
}
