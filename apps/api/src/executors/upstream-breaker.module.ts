import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { UpstreamBreaker } from './upstream-breaker.js';

/** Apart, because those who ask the upstream and those who wait for it need it. */
@Module({ imports: [MetricsModule], providers: [UpstreamBreaker], exports: [UpstreamBreaker] })
export class UpstreamBreakerModule {}
