import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  parseTenantId,
  Quota,
  QuotaModule,
  QuotaService,
  type Reservation,
  Reserved,
  StaticLimitSource,
} from 'fairshare/quota';
import { RedisModule } from 'fairshare/redis';

const limits = new StaticLimitSource({
  limits: [{ id: 1, name: 'tokens_daily', resource: 'tokens', kind: 'window', period: 'day' }],
  tiers: { free: { tokens_daily: 1_000 } },
  tenants: { acme: 'free' },
});

@Controller()
class CompletionController {
  constructor(private readonly quota: QuotaService) {}

  @Post('complete')
  @Quota({ cost: { tokens: 600 }, hold: true }) // the most that an answer may need
  async complete(@Reserved() reservation: Reservation) {
    await show('while it runs', this.quota);
    await reservation.settle({ tokens: 250 }); // what it truly needed
  }

  @Post('give-up')
  @Quota({ cost: { tokens: 600 }, hold: true })
  async giveUp(@Reserved() reservation: Reservation) {
    await reservation.cancel(); // nothing was done
  }
}

async function show(when: string, quota: QuotaService) {
  const { limits } = await quota.status({ tenantId: parseTenantId('acme') });
  for (const { used, held, remaining } of limits) {
    console.log(`${when}: used ${used}, held ${held}, remaining ${remaining}`);
  }
}

@Module({
  imports: [
    RedisModule.forRoot({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' }),
    QuotaModule.forRoot({ limits, http: { tenantOf: () => 'acme' }, globalGuard: true }),
  ],
  controllers: [CompletionController],
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['warn', 'error'],
});
await app.listen(0, '127.0.0.1');

for (const route of ['complete', 'give-up', 'complete', 'complete']) {
  const { status } = await fetch(`${await app.getUrl()}/${route}`, { method: 'POST' });
  await show(`POST /${route} → ${status}`, app.get(QuotaService));
}
await app.close();
