import { Injectable, Logger } from '@nestjs/common';
import { FairQueue, type TotalStats } from 'fairshare/queue';
import { Gauge } from 'prom-client';
import { MetricsRegistry } from './metrics-registry.js';

const MS_PER_S = 1_000;

type Values = readonly (readonly [label: string, value: number])[];

/** How the queue stands, read once for each scrape. */
@Injectable()
export class QueueMetrics {
  private readonly logger = new Logger('QueueMetrics');
  private reading: Promise<TotalStats | undefined> | undefined;

  constructor(
    private readonly queue: FairQueue,
    private readonly registry: MetricsRegistry,
  ) {
    this.add('jobs', 'Jobs by state', 'state', ({ waiting, delayed, running, dead }) =>
      Object.entries({ waiting, delayed, running, dead }),
    );
    this.add('tenants', 'Tenants with jobs that may run now, and tenants held back', 'state', (stats) => [
      ['ready', stats.readyTenants],
      ['parked', stats.parkedTenants],
    ]);
    this.add('paused', '1: an operator paused all tenants', 'scope', ({ paused }) => [
      ['all', paused ? 1 : 0],
    ]);
    this.add('oldest_age_seconds', 'How long the head of the oldest line has waited', 'scope', (stats) => [
      ['all', stats.oldestAgeMs / MS_PER_S],
    ]);
    this.add('throughput_per_second', 'Jobs begun per second over the last minutes', 'scope', (stats) => [
      ['all', stats.throughputPerSecond],
    ]);
    this.add('wait_seconds', 'From enqueue to start, over the last minutes', 'quantile', ({ waitMs }) =>
      waitMs
        ? [
            ['0.5', waitMs.p50 / MS_PER_S],
            ['0.95', waitMs.p95 / MS_PER_S],
            ['0.99', waitMs.p99 / MS_PER_S],
          ]
        : [],
    );
  }

  private add(name: string, help: string, label: string, valuesOf: (stats: TotalStats) => Values): void {
    const read = () => this.read();
    new Gauge({
      name: `fairshare_queue_${name}`,
      help,
      labelNames: [label],
      registers: [this.registry],
      async collect() {
        const stats = await read();
        this.reset();
        for (const [value, amount] of stats ? valuesOf(stats) : []) this.set({ [label]: value }, amount);
      },
    });
  }

  /** All metrics of one scrape share a reading; a queue that cannot be read shows nothing rather than old figures. */
  private read(): Promise<TotalStats | undefined> {
    this.reading ??= this.queue
      .stats()
      .catch((error: unknown) => void this.logger.warn(`The queue cannot be read: ${String(error)}`))
      .then((stats) => stats ?? undefined)
      .finally(() => (this.reading = undefined));
    return this.reading;
  }
}
