import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { RedisConnection } from 'fairshare/redis';
import { createQuota, type Quotas, type QuotaSetup } from './create-quota.js';
import { QuotaGuard } from './http/quota.guard.js';
import { LimitCache } from './limits/limit-cache.js';
import { LimitInvalidation } from './limits/limit-invalidation.js';
import { QuotaHttpOptions } from './quota.options.js';
import { QuotaService } from './quota.service.js';
import { ModelWeights } from './weights/model-weights.js';

export interface QuotaModuleOptions extends QuotaSetup {
  /** What the guard does at the HTTP edge. */
  readonly http?: QuotaHttpOptions;
}

export interface QuotaModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Guards every route of the application. Default false: use `@UseGuards(QuotaGuard)`. */
  readonly globalGuard?: boolean;
  readonly inject?: readonly (symbol | string | (new (...args: never[]) => unknown))[];
  readonly useFactory: (...injected: never[]) => QuotaModuleOptions | Promise<QuotaModuleOptions>;
}

const ModuleOptions = Symbol('QuotaModuleOptions');
const Parts = Symbol('Quotas');

/** Quotas in a Nest application; needs `RedisModule`. */
@Module({})
export class QuotaModule {
  static forRoot(options: QuotaModuleOptions & { readonly globalGuard?: boolean }): DynamicModule {
    return QuotaModule.forRootAsync({ globalGuard: options.globalGuard, useFactory: () => options });
  }

  static forRootAsync(options: QuotaModuleAsyncOptions): DynamicModule {
    return {
      module: QuotaModule,
      global: true,
      imports: options.imports,
      providers: [
        { provide: ModuleOptions, useFactory: options.useFactory, inject: [...(options.inject ?? [])] },
        {
          provide: Parts,
          useFactory: (redis: RedisConnection, setup: QuotaModuleOptions) => createQuota(redis, setup),
          inject: [RedisConnection, ModuleOptions],
        },
        part(QuotaService, (quotas) => quotas.service),
        part(LimitCache, (quotas) => quotas.cache),
        part(LimitInvalidation, (quotas) => quotas.invalidation),
        part(ModelWeights, (quotas) => quotas.models),
        {
          provide: QuotaHttpOptions,
          useFactory: (setup: QuotaModuleOptions) => setup.http ?? {},
          inject: [ModuleOptions],
        },
        QuotaGuard,
        ...(options.globalGuard ? [{ provide: APP_GUARD, useExisting: QuotaGuard }] : []),
      ],
      exports: [QuotaService, LimitCache, LimitInvalidation, ModelWeights, QuotaGuard, QuotaHttpOptions],
    };
  }
}

function part<T>(provide: abstract new (...args: never[]) => T, pick: (quotas: Quotas) => T) {
  return { provide, useFactory: pick, inject: [Parts] };
}
