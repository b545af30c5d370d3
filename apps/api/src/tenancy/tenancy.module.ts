import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityModule } from '../identity/identity.module.js';
import { SignalsModule } from '../signals/signals.module.js';
import { ApiKeys } from './api-keys.js';
import { FirstLook } from './first-look.js';
import { TenantGuard } from './tenant.guard.js';
import { TenantResolver } from './tenant-resolver.js';
import { TenantTokens } from './tenant-tokens.js';

@Module({
  imports: [SignalsModule, IdentityModule],
  providers: [
    ApiKeys,
    FirstLook,
    TenantTokens,
    TenantResolver,
    { provide: APP_GUARD, useClass: TenantGuard },
  ],
  exports: [ApiKeys, TenantResolver],
})
export class TenancyModule {}
