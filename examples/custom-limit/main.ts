import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LookupPrisma, PrismaModule } from 'fairshare/prisma';
import { PrismaLimitSource, Quota, QuotaModule } from 'fairshare/quota';
import { RedisModule } from 'fairshare/redis';

@Controller()
class ImageController {
  @Post('images')
  @Quota({ cost: { images: 1 } }) // the resource that the migration's limit counts
  draw() {
    return 'drawn';
  }
}

@Module({
  imports: [
    RedisModule.forRoot({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' }),
    PrismaModule.forRoot({ url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/fairshare' }),
    QuotaModule.forRootAsync({
      inject: [LookupPrisma],
      useFactory: (prisma: LookupPrisma) => ({
        limits: new PrismaLimitSource(prisma),
        deadlineMs: 2_000, // the first look into PostgreSQL may be slow
        http: { tenantOf: (request: { headers: Record<string, string> }) => request.headers['x-tenant-id'] },
      }),
      globalGuard: true,
    }),
  ],
  controllers: [ImageController],
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['warn', 'error'],
});
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();

// The demo tenants: free, pro and enterprise.
for (const tenant of ['tenant_test', 'tenant_test', 'tenant_test', 'tenant_123', 'tenant_big']) {
  const answer = await fetch(`${url}/images`, { method: 'POST', headers: { 'x-tenant-id': tenant } });
  const left = answer.headers.get('ratelimit')?.match(/"images_daily";r=(\d+)/)?.[1] ?? 'as many as it likes';
  console.log(`${tenant}: ${answer.status}, images left today: ${left}`);
}
await app.close();
