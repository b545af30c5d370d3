import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  FairQueue,
  FairQueueModule,
  type Job,
  JobHandler,
  type JobRunner,
  queueToken,
} from 'fairshare/queue';
import { RedisModule } from 'fairshare/redis';

@JobHandler('resize')
class Resize implements JobRunner<string> {
  async run({ payload }: Job<string>) {
    return `${payload} is resized`;
  }
}

@JobHandler('send', 'mail')
class SendMail implements JobRunner<string> {
  async run({ payload }: Job<string>) {
    return `the mail to ${payload} is sent`;
  }
}

@Module({
  imports: [
    RedisModule.forRoot({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' }),
    FairQueueModule.forRoot(),
    FairQueueModule.registerQueue({ name: 'mail', maxTenantJobs: 20, worker: { concurrency: 1 } }),
  ],
  providers: [Resize, SendMail],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const pictures = app.get(FairQueue); // a class injects it by its type
const mail = app.get<FairQueue>(queueToken('mail')); // a class injects it by @InjectQueue('mail')

await mail.pauseAll();
await mail.enqueue({ tenantId: 'acme', jobId: 'm-1', name: 'send', payload: 'ada@example.com' });
await pictures.enqueue({ tenantId: 'acme', jobId: 'p-1', name: 'resize', payload: 'a.png' });

console.log((await pictures.finished({ jobId: 'p-1', timeoutMs: 10_000 }))?.result);
console.log((await mail.explain({ jobId: 'm-1' }))?.remedy);
await mail.resumeAll();
console.log((await mail.finished({ jobId: 'm-1', timeoutMs: 10_000 }))?.result);
await app.close();
