import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { RedisClient } from './lua-script.js';
import { closeRedis, connectRedis, type RedisConnectionOptions } from './redis-connection.js';

/** Injection token of the shared connection. */
export const RedisConnection = Symbol('RedisConnection');
export type RedisConnection = RedisClient;

const RedisOptionsToken = Symbol('RedisOptions');

export interface RedisModuleAsyncOptions {
  readonly inject?: readonly (symbol | string | (new (...args: never[]) => unknown))[];
  readonly useFactory: (...injected: never[]) => RedisConnectionOptions | Promise<RedisConnectionOptions>;
}

/** One shared connection for the whole application, closed after everything that uses it has stopped. */
@Module({})
export class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(RedisConnection) private readonly connection: RedisConnection) {}

  static forRoot(options: RedisConnectionOptions): DynamicModule {
    return RedisModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync(options: RedisModuleAsyncOptions): DynamicModule {
    return {
      module: RedisModule,
      global: true,
      providers: [
        { provide: RedisOptionsToken, useFactory: options.useFactory, inject: [...(options.inject ?? [])] },
        { provide: RedisConnection, useFactory: connectRedis, inject: [RedisOptionsToken] },
      ],
      exports: [RedisConnection],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await closeRedis(this.connection);
  }
}
