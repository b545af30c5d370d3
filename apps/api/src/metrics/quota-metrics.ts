import { Injectable } from '@nestjs/common';
import { type Decision, LimitCache, ModelWeights } from 'fairshare/quota';
import { Counter, Gauge } from 'prom-client';
import { MetricsRegistry } from './metrics-registry.js';

/** What the guard decided, and what it decided by. */
@Injectable()
export class QuotaMetrics {
  private readonly decisions: Counter<'outcome' | 'mode'>;
  private readonly violations: Counter<'limit'>;

  constructor(private readonly registry: MetricsRegistry) {
    this.decisions = new Counter({
      name: 'fairshare_quota_decisions_total',
      help: 'Decisions of the quota guard; mode observe: refused nothing, mode degraded: Redis was away',
      labelNames: ['outcome', 'mode'],
      registers: [registry],
    });
    this.violations = new Counter({
      name: 'fairshare_quota_violations_total',
      help: 'Limits that a cost did not fit, or would not have in mode observe',
      labelNames: ['limit'],
      registers: [registry],
    });
  }

  decided(decision: Decision): void {
    this.decisions.inc({ outcome: decision.allowed ? 'allowed' : 'denied', mode: decision.mode });
    const violations = decision.allowed ? decision.wouldDeny : decision.violations;
    for (const { name } of violations) this.violations.inc({ limit: name });
  }

  /** The parts of the engine that are counted where they are. */
  watch(cache: LimitCache, models: ModelWeights): void {
    new Gauge({
      name: 'fairshare_quota_cached_tenants',
      help: 'Tenants whose limits are in memory',
      registers: [this.registry],
      collect() {
        this.set(cache.size);
      },
    });
    new Counter({
      name: 'fairshare_quota_unknown_model_lookups',
      help: 'Look-ups of models without a row, since the start; the log names each once',
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(models.unknownModels);
      },
    });
  }
}
