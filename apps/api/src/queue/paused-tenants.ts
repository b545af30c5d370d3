import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Prisma, PrismaService } from 'fairshare/prisma';
import { FairQueue } from 'fairshare/queue';
import { Gauge } from 'prom-client';
import { MetricsRegistry } from '../metrics/metrics-registry.js';

/** Labels at most. */
const MOST = 100;

/**
 * Shows in metrics which tenants are paused, and no others. Whom an operator paused last is read from its commands, and
 * whether the pause still holds from the queue itself.
 */
@Injectable()
export class PausedTenants implements OnModuleInit {
  constructor(
    private readonly prisma: PrismaService,
    private readonly queue: FairQueue,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const find = () => this.find();
    new Gauge({
      name: 'fairshare_queue_paused_tenant',
      help: `1: an operator paused this tenant; tenants that are not paused have no series, ${MOST} have at most`,
      labelNames: ['tenant'],
      registers: [this.registry],
      async collect() {
        const paused = await find().catch(() => []);
        this.reset();
        for (const tenant of paused) this.set({ tenant }, 1);
      },
    });
  }

  private async find(): Promise<string[]> {
    const candidates = await this.prisma.$queryRaw<{ id: string }[]>(Prisma.sql`
      SELECT id FROM (
        SELECT DISTINCT ON (tenant_id) tenant_id AS id, action, created_at FROM admin_commands
        WHERE tenant_id IN (SELECT id FROM tenants) AND action IN ('queue.pause', 'queue.resume') AND state = 'done'
        ORDER BY tenant_id, created_at DESC
      ) AS latest WHERE action = 'queue.pause' ORDER BY created_at DESC LIMIT ${MOST}`);
    const lines = await Promise.all(candidates.map(({ id }) => this.queue.tenantStats(id)));
    return lines.filter(({ paused }) => paused).map(({ tenantId }) => tenantId);
  }
}
