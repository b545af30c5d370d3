import { type DynamicModule, Inject, Module, type ModuleMetadata } from '@nestjs/common';
import { FairQueue } from './fair-queue.js';
import type { FairQueueOptions, QueueWorkerOptions } from './queue.options.js';

export interface FairQueueModuleOptions extends FairQueueOptions {
  /** Runs jobs in this process; false = only enqueues and looks. Default: on, with the worker's defaults. */
  readonly worker?: QueueWorkerOptions | false;
  /** Names that need a handler where the worker is on; a missing one stops the boot. Default: those that have one. */
  readonly jobNames?: readonly string[];
}

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

  static forRootAsync(_options: FairQueueModuleAsyncOptions): DynamicModule {
    return { module: FairQueueModule };
  }

  /** A further queue beside the default one. */
  static registerQueue(options: FairQueueModuleOptions & { readonly name: string }): DynamicModule {
    return FairQueueModule.forRoot(options);
  }
}
