import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import { type Divergence, DIVERGENCES } from './pass.js';

const MS_PER_S = 1_000;

/** What did not agree, and was made to. */
@Injectable()
export class ReconciliationMetrics {
  private readonly divergences: Counter<'kind' | 'fate'>;
  private readonly comparedAt: Gauge;

  constructor(registry: MetricsRegistry) {
    this.divergences = new Counter({
      name: 'fairshare_divergences_total',
      help: 'Where journal, queue, ledger and counters did not agree, found and repaired by this node',
      labelNames: ['kind', 'fate'],
      registers: [registry],
    });
    for (const kind of Object.keys(DIVERGENCES)) {
      for (const fate of ['found', 'repaired']) this.divergences.inc({ kind, fate }, 0);
    }
    this.comparedAt = new Gauge({
      name: 'fairshare_compared_at_seconds',
      help: 'When this node last compared journal, queue, ledger and counters, since 1970; 0: never',
      registers: [registry],
    });
  }

  compared(divergences: readonly Divergence[]): void {
    this.comparedAt.set(Date.now() / MS_PER_S);
    for (const { kind, found, repaired } of divergences) {
      this.divergences.inc({ kind, fate: 'found' }, found);
      this.divergences.inc({ kind, fate: 'repaired' }, repaired);
    }
  }
}
