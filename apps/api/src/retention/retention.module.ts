import { Module } from '@nestjs/common';
import { Retention } from './retention.js';

/** What PostgreSQL keeps has an end. */
@Module({ providers: [Retention], exports: [Retention] })
export class RetentionModule {}
