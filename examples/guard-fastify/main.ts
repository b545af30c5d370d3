import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Quota, QuotaModule, StaticLimitSource } from 'fairshare/quota';
import { RedisModule } from 'fairshare/redis';

const limits = new StaticLimitSource({
  limits: [{ id: 1, name: 'searches_daily', resource: 'searches', kind: 'window', period: 'day' }],
  tiers: { free: { searches_daily: 3 }, pro: { searches_daily: 1_000 } },
  tenants: { acme: 'free', globex: 'pro' },
});

@Controller()
class SearchController {
  @Get('search')
  @Quota({ cost: { searches: 1 } })
  search() {
    return 'found';
  }
}

@Module({
  imports: [
    RedisModule.forRoot({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' }),
    QuotaModule.forRoot({
      limits,
      // In front of strangers, take the tenant from a verified token.
      http: { tenantOf: (request: { headers: Record<string, string> }) => request.headers['x-tenant-id'] },
      globalGuard: true,
    }),
  ],
  controllers: [SearchController],
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['warn', 'error'],
});
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();

for (const tenant of ['acme', 'acme', 'acme', 'acme', 'globex']) {
  const answer = await fetch(`${url}/search`, { headers: { 'x-tenant-id': tenant } });
  const remaining = answer.headers.get('ratelimit')?.match(/r=(\d+)/)?.[1];
  console.log(`${tenant}: ${answer.status}, ${remaining} left today`);
}
await app.close();
