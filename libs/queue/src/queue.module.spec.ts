import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { RedisModule, redisReady } from 'fairshare/redis';
import {
  type Accepted,
  FairQueue,
  FairQueueModule,
  type FairQueueModuleOptions,
  InjectQueue,
  type Job,
  JobAdmission,
  JobHandler,
  type JobRunner,
  queueToken,
  workerToken,
  type WorkerHost,
} from './index.js';

@JobHandler('double')
class Double implements JobRunner<number> {
  async run({ payload }: Job<number>) {
    return payload * 2;
  }
}

@JobHandler('double')
class DoubleAgain extends Double {}

@JobHandler('send', 'mail')
class Send implements JobRunner {
  async run() {
    return 'sent';
  }
}

@Injectable()
class Postbox {
  constructor(@InjectQueue('mail') readonly mail: FairQueue) {}
}

const asked: string[] = [];

@Module({
  providers: [
    {
      provide: JobAdmission,
      useValue: {
        admit: async ({ tenantId }: Job) => {
          asked.push(tenantId);
          return { admitted: true };
        },
      },
    },
  ],
})
class Doorkeeper {}

let app: TestingModule | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function boot(handlers: Type[], options: FairQueueModuleOptions = {}): Promise<TestingModule> {
  const keyPrefix = `m-${randomUUID().slice(0, 8)}`;
  const module = await Test.createTestingModule({
    imports: [
      RedisModule.forRoot({ url: process.env['FAIRSHARE_TEST_REDIS_URL']! }),
      FairQueueModule.forRoot({ keyPrefix, ...options }),
      FairQueueModule.registerQueue({ name: 'mail', keyPrefix }),
      Doorkeeper,
    ],
    providers: [...handlers, Postbox],
  }).compile();
  app = module;
  await redisReady(module.get(FairQueue).redis, 5_000);
  await module.init();
  return module;
}

describe('FairQueueModule', () => {
  it('finds handlers and ports, and runs jobs', async () => {
    const module = await boot([Double, Send]);
    const queue = module.get(FairQueue);
    const { jobId } = (await queue.enqueue({ tenantId: 'acme', name: 'double', payload: 21 })) as Accepted;
    expect(await queue.finished({ jobId, timeoutMs: 10_000 })).toMatchObject({
      state: 'succeeded',
      result: 42,
    });
    expect(asked).toContain('acme');
  });

  it('keeps queues of different names apart', async () => {
    const module = await boot([Double, Send]);
    const { mail } = module.get(Postbox);
    expect(mail).toBe(module.get(queueToken('mail')));
    const { jobId } = (await mail.enqueue({ tenantId: 'acme', name: 'send' })) as Accepted;
    expect(await mail.finished({ jobId, timeoutMs: 10_000 })).toMatchObject({ result: 'sent' });
    expect(await module.get(FairQueue).get({ jobId })).toBeUndefined();
  });

  it('lets a test drive the worker', async () => {
    const module = await boot([Double, Send], { autoStart: false });
    const { worker } = module.get<WorkerHost>(workerToken());
    await module.get(FairQueue).enqueue({ tenantId: 'acme', name: 'double', payload: 1 });
    expect(await worker.runOnce()).toBe(1);
    expect(await worker.runOnce()).toBe(0);
  });

  it('does not boot with two handlers of one name', async () => {
    await expect(boot([Double, DoubleAgain, Send])).rejects.toThrow('Two handlers for the job "double"');
  });

  it('does not boot without a handler that is needed', async () => {
    await expect(boot([Send], { jobNames: ['double'] })).rejects.toThrow('No handler for the job "double"');
  });

  it('does not boot with an option that makes no sense', async () => {
    await expect(boot([Double, Send], { worker: { leaseMs: 0.5 }, autoStart: false })).rejects.toThrow(
      'leaseMs must be an integer',
    );
  });
});
