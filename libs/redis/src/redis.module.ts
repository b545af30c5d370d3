import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { RedisClient } from './lua-script.js';
import { closeRedis, connectRedis, type RedisConnectionOptions, redisReady } from './redis-connection.js';

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
        { provide: RedisConnection, useFactory: connectFirst, inject: [RedisOptionsToken] },
      ],
      exports: [RedisConnection],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await closeRedis(this.connection);
  }
}

/** What boots next finds the connection ready; a Redis that is away does not stop the boot. */
async function connectFirst(options: RedisConnectionOptions): Promise<RedisConnection> {
  const connection = connectRedis(options);
  await redisReady(connection, options.connectTimeoutMs ?? 2_000).catch(() => undefined);
  return connection;
}
