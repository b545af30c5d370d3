import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** Every metric of this process. No label carries a tenant but that of paused ones, so that the number of series stays bounded. */
@Injectable()
export class MetricsRegistry extends Registry implements OnApplicationShutdown {
  constructor() {
    super();
    collectDefaultMetrics({ register: this, prefix: 'fairshare_' });
  }

  onApplicationShutdown(): void {
    this.clear();
  }
}
