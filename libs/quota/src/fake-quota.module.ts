import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FakeQuota } from './fake-quota.js';
import { QuotaGuard } from './http/quota.guard.js';
import { QuotaHttpOptions } from './quota.options.js';
import { QuotaService } from './quota.service.js';

export interface FakeQuotaModuleOptions {
  readonly quota: FakeQuota;
  /** As in QuotaModule. */
  readonly http?: QuotaHttpOptions;
  /** As in QuotaModule. Default false. */
  readonly globalGuard?: boolean;
}

/** Stands for QuotaModule in a test: the guard, and a FakeQuota as QuotaService. Needs no Redis. */
@Module({})
export class FakeQuotaModule {
  static forRoot({ quota, http = {}, globalGuard = false }: FakeQuotaModuleOptions): DynamicModule {
    return {
      module: FakeQuotaModule,
      global: true,
      providers: [
        { provide: QuotaService, useValue: quota },
        { provide: QuotaHttpOptions, useValue: http },
        QuotaGuard,
        ...(globalGuard ? [{ provide: APP_GUARD, useExisting: QuotaGuard }] : []),
      ],
      exports: [QuotaService, QuotaGuard, QuotaHttpOptions],
    };
  }
}
