import { Module } from '@nestjs/common';
import { FreedQuota } from './freed-quota.js';

/** Apart, because the quota module needs it before the jobs do. */
@Module({ providers: [FreedQuota], exports: [FreedQuota] })
export class FreedQuotaModule {}
