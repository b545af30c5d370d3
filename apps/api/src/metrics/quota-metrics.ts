import { Injectable, Logger } from '@nestjs/common';
import { type Decision, LimitCache, ModelWeights, type QuotaUnavailableError } from 'fairshare/quota';
import { Counter, Gauge } from 'prom-client';
import { MetricsRegistry } from './metrics-registry.js';

const LOG_EVERY_MS = 10_000;
const WHY = {
  redis: 'Redis did not answer within QUOTA_DEADLINE_MS',
  overloaded: 'this process was held up longer than QUOTA_DEADLINE_MS',
};

/** What the guard decided, and what it decided by. */
@Injectable()
export class QuotaMetrics {
  private readonly decisions: Counter<'outcome' | 'mode'>;
  private readonly violations: Counter<'limit'>;
  private readonly late: Counter<'reason'>;
  private readonly logger = new Logger('Quota');
  private readonly logAgainAtMs = { redis: 0, overloaded: 0 };

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
    this.late = new Counter({
      name: 'fairshare_quota_late_total',
      help: 'Calls that were not answered in time; reason redis: it is slow, overloaded: this process was held up',
      labelNames: ['reason'],
      registers: [registry],
    });
    for (const reason of ['redis', 'overloaded']) this.late.inc({ reason }, 0);
  }

  decided(decision: Decision): void {
    this.decisions.inc({ outcome: decision.allowed ? 'allowed' : 'denied', mode: decision.mode });
    const violations = decision.allowed ? decision.wouldDeny : decision.violations;
    for (const { name } of violations) this.violations.inc({ limit: name });
  }

  /** A call was not answered in time. */
  wasLate({ reason: cause }: QuotaUnavailableError): void {
    const reason = cause === 'overloaded' ? 'overloaded' : 'redis';
    this.late.inc({ reason });
    const nowMs = performance.now();
    if (nowMs < this.logAgainAtMs[reason]) return;
    this.logAgainAtMs[reason] = nowMs + LOG_EVERY_MS;
    this.logger.warn(`A decision came too late: ${WHY[reason]}; more of them are only counted for 10 s`);
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
    new Gauge({
      name: 'fairshare_quota_unknown_models',
      help: 'Different names of models without a row, since the start (1,000 at most); see /admin/unknown-models',
      registers: [this.registry],
      collect() {
        this.set(models.unknownNames.length);
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
