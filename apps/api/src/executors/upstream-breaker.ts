import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { HealthChecks } from '../health/health-checks.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import { UpstreamError } from './upstream.errors.js';

/** Different queries in a row that fail: one that always fails is its own fault. */
const OPENS_AFTER = 3;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** A probe that nobody hears of any more is over; in ms. */
const PROBE_LASTS_MS = 120_000;

/** How long a job waits before it may ask again, in ms; undefined: it may now. */
export type Wait = number | undefined;

/**
 * Notices in this process that the upstream fails, so that jobs wait instead of failing one by one. Open, it lets one job
 * through now and then, after growing pauses; the first answer closes it. Requests that wait for their answer are never held.
 */
@Injectable()
export class UpstreamBreaker implements OnModuleInit {
  private readonly failing = new Set<string>();
  private isOpen = false;
  private pauseMs = FIRST_PAUSE_MS;
  private probeAt = 0;
  private probe: { readonly name: string; readonly endsBy: number } | undefined;
  private lastProbe = '';
  private onClosed: () => void = () => undefined;

  constructor(
    private readonly checks: HealthChecks,
    registry: MetricsRegistry,
  ) {
    new Gauge({
      name: 'fairshare_upstream_failing',
      help: '1: the upstream fails, and jobs of this process wait but for a probe now and then',
      registers: [registry],
      collect: gaugeOf(() => (this.isOpen ? 1 : 0)),
    });
  }

  onModuleInit(): void {
    this.checks.register('upstream', async () =>
      this.isOpen
        ? {
            state: 'degraded',
            detail: 'The upstream fails: jobs wait, and one asks it now and then. Look at the upstream.',
          }
        : { state: 'up' },
    );
  }

  get isFailing(): boolean {
    return this.isOpen;
  }

  /** Whoever waits may go on. */
  whenClosed(listener: () => void): void {
    this.onClosed = listener;
  }

  /** Asks for a job: open, only one may go, and not the same twice in a row while others wait. */
  mayAsk(name: string): Wait {
    if (!this.isOpen) return undefined;
    const now = performance.now();
    if (this.probe && this.probe.endsBy > now) return this.pauseMs;
    if (now < this.probeAt) return this.probeAt - now;
    if (name === this.lastProbe && now < this.probeAt + this.pauseMs) return this.pauseMs;
    this.probe = { name, endsBy: now + PROBE_LASTS_MS };
    this.lastProbe = name;
    return undefined;
  }

  succeeded(): void {
    this.failing.clear();
    this.probe = undefined;
    if (!this.isOpen) return;
    this.isOpen = false;
    this.pauseMs = FIRST_PAUSE_MS;
    this.onClosed();
  }

  /** Gives how long the job should wait; undefined where the failure is its own. */
  failed(name: string, error: unknown): Wait {
    if (!(error instanceof UpstreamError) || !error.retryable) {
      this.ended(name);
      return undefined;
    }
    this.failing.add(name);
    if (!this.isOpen && this.failing.size < OPENS_AFTER) return undefined;
    const wasProbe = this.probe?.name === name;
    if (!this.isOpen || wasProbe) {
      if (wasProbe) this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
      this.probe = undefined;
      this.probeAt = performance.now() + Math.max(this.pauseMs, error.retryAfterMs ?? 0);
    }
    this.isOpen = true;
    return Math.max(1, this.probeAt - performance.now());
  }

  /** The job asks no more, whatever became of it. */
  ended(name: string): void {
    if (this.probe?.name === name) this.probe = undefined;
  }
}

function gaugeOf(read: () => number) {
  return function (this: Gauge): void {
    this.set(read());
  };
}
