import { type DynamicModule, Inject, Module, type ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule, ModuleRef } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { RedisConnection } from 'fairshare/redis';
import { FairQueue } from './fair-queue.js';
import type { FairQueueModuleOptions } from './queue-module.options.js';
import { HandlerRegistry } from './worker/handler-registry.js';
import { WorkerHost } from './worker/worker-host.js';

export interface FairQueueModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Which queue this is; part of its token and of its keys. Default `default`. */
  readonly name?: string;
  readonly inject?: readonly (symbol | string | (new (...args: never[]) => unknown))[];
  readonly useFactory: (...injected: never[]) => FairQueueModuleOptions | Promise<FairQueueModuleOptions>;
}

/** Injection token of a queue; the queue `default` is injected as `FairQueue`. */
export function queueToken(name: string): string | typeof FairQueue {
  return name === 'default' ? FairQueue : `FairQueue:${name}`;
}

/** Injection token of a queue's `WorkerHost`, whose `worker` tests can drive with `runOnce`. */
export function workerToken(name = 'default'): string {
  return `FairQueueWorker:${name}`;
}

/** Injects a queue by name: `@InjectQueue('mail') private readonly mail: FairQueue`. */
export const InjectQueue = (name = 'default'): PropertyDecorator & ParameterDecorator =>
  Inject(queueToken(name));

/**
 * A fair queue, and its worker, in a Nest application; needs `RedisModule`. The ports `JobAdmission` and `JobEvents` are
 * found wherever the application provides them. Import it once for each queue.
 */
@Module({})
export class FairQueueModule {
  static forRoot(options: FairQueueModuleOptions = {}): DynamicModule {
    return FairQueueModule.forRootAsync({ name: options.name, useFactory: () => options });
  }

  static forRootAsync({
    name = 'default',
    imports,
    inject,
    useFactory,
  }: FairQueueModuleAsyncOptions): DynamicModule {
    const optionsToken = `FairQueueOptions:${name}`;
    const queue = queueToken(name);
    const host = workerToken(name);
    return {
      module: FairQueueModule,
      global: true,
      imports: [...(imports ?? []), DiscoveryModule, ScheduleModule.forRoot()],
      providers: [
        HandlerRegistry,
        { provide: optionsToken, useFactory, inject: [...(inject ?? [])] },
        {
          provide: queue,
          useFactory: (redis: RedisConnection, options: FairQueueModuleOptions) =>
            new FairQueue(redis, { ...options, name }),
          inject: [RedisConnection, optionsToken],
        },
        {
          provide: host,
          useFactory: (...parts: ConstructorParameters<typeof WorkerHost>) => new WorkerHost(...parts),
          inject: [queue, optionsToken, HandlerRegistry, ModuleRef, SchedulerRegistry],
        },
      ],
      exports: [queue, host],
    };
  }

  /** A further queue beside the default one. */
  static registerQueue(options: FairQueueModuleOptions & { readonly name: string }): DynamicModule {
    return FairQueueModule.forRoot(options);
  }
}
