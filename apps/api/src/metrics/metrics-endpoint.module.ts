import { Module, type OnModuleInit } from '@nestjs/common';
import { LimitCache, ModelWeights } from 'fairshare/quota';
import { OperatorsModule } from '../operators/operators.module.js';
import { HttpMetrics } from './http-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsModule } from './metrics.module.js';
import { QueueMetrics } from './queue-metrics.js';
import { QuotaMetrics } from './quota-metrics.js';

/** GET /metrics, with everything it shows. */
@Module({
  imports: [MetricsModule, OperatorsModule],
  controllers: [MetricsController],
  providers: [HttpMetrics, QueueMetrics],
})
export class MetricsEndpointModule implements OnModuleInit {
  constructor(
    private readonly quota: QuotaMetrics,
    private readonly cache: LimitCache,
    private readonly models: ModelWeights,
    // Made for what it registers.
    readonly queue: QueueMetrics,
  ) {}

  onModuleInit(): void {
    this.quota.watch(this.cache, this.models);
  }
}
