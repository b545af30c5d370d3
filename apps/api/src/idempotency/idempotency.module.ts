import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { JobsModule } from '../jobs/jobs.module.js';
import { IdempotencyGuard } from './idempotency.guard.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyStore } from './idempotency-store.js';
import { KeyedRequests } from './keyed-requests.js';
import { RequestTurns } from './request-turns.js';

/** A request with an Idempotency-Key is done once, and its answer is kept. */
@Module({
  imports: [JobsModule],
  providers: [
    IdempotencyGuard,
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    IdempotencyStore,
    KeyedRequests,
    RequestTurns,
  ],
  exports: [IdempotencyGuard, KeyedRequests, RequestTurns],
})
export class IdempotencyModule {}
