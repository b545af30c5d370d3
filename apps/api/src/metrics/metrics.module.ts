import { Module } from '@nestjs/common';
import { MetricsRegistry } from './metrics-registry.js';
import { QuotaMetrics } from './quota-metrics.js';

/** Apart from what reads them, because the quota module needs it first. */
@Module({ providers: [MetricsRegistry, QuotaMetrics], exports: [MetricsRegistry, QuotaMetrics] })
export class MetricsModule {}
