import { Module, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { MetricsModule } from '../metrics/metrics.module.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import { ChargeOutbox } from './charge-outbox.js';
import { PendingCharges } from './pending-charges.js';

/** What was done is charged once, also where the quota does not answer at that moment. */
@Module({
  imports: [MetricsModule],
  providers: [ChargeOutbox, PendingCharges],
  exports: [ChargeOutbox],
})
export class ChargesModule implements OnModuleInit {
  constructor(
    private readonly outbox: ChargeOutbox,
    private readonly rows: PendingCharges,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { outbox, rows } = this;
    new Gauge({
      name: 'fairshare_charges_pending',
      help: 'Charges of what was done that could not be made yet: in PostgreSQL, and in the memory of this process',
      registers: [this.registry],
      async collect() {
        const written = await rows.standing().catch(() => ({ count: 0 }));
        this.set(written.count + outbox.inMemory);
      },
    });
  }
}
