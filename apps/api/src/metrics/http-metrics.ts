import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Histogram } from 'prom-client';
import { MetricsRegistry } from './metrics-registry.js';

const MS_PER_S = 1_000;

/** How long answers took, by route pattern. */
@Injectable()
export class HttpMetrics implements OnModuleInit {
  private readonly durations: Histogram<'method' | 'route' | 'status'>;

  constructor(
    private readonly host: HttpAdapterHost,
    registry: MetricsRegistry,
  ) {
    this.durations = new Histogram({
      name: 'fairshare_http_request_duration_seconds',
      help: 'Time from the request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    });
  }

  onModuleInit(): void {
    // A worker without HTTP has no adapter.
    const server = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>();
    server?.addHook('onResponse', (request, reply, done) => {
      // What no route has stands under one name: a caller must not be able to make up series.
      const route = request.routeOptions.url ?? 'unknown';
      this.durations.observe(
        { method: request.method, route, status: String(reply.statusCode) },
        reply.elapsedTime / MS_PER_S,
      );
      done();
    });
  }
}
