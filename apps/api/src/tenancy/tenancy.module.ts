import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TenantGuard } from './tenant.guard.js';
import { TenantResolver } from './tenant-resolver.js';

@Module({
  providers: [TenantResolver, { provide: APP_GUARD, useClass: TenantGuard }],
  exports: [TenantResolver],
})
export class TenancyModule {}
