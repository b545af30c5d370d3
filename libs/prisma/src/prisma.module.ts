import { type DynamicModule, Module } from '@nestjs/common';
import { BackgroundPrisma, LookupPrisma, PrismaOptions, PrismaService } from './prisma.service.js';

export interface PrismaModuleAsyncOptions {
  readonly inject?: readonly (symbol | string | (new (...args: never[]) => unknown))[];
  readonly useFactory: (...injected: never[]) => PrismaOptions | Promise<PrismaOptions>;
}

/** The database clients of the whole application: one for each purpose. */
@Module({})
export class PrismaModule {
  static forRoot(options: PrismaOptions): DynamicModule {
    return PrismaModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync(options: PrismaModuleAsyncOptions): DynamicModule {
    return {
      module: PrismaModule,
      global: true,
      providers: [
        { provide: PrismaOptions, useFactory: options.useFactory, inject: [...(options.inject ?? [])] },
        PrismaService,
        LookupPrisma,
        BackgroundPrisma,
      ],
      exports: [PrismaService, LookupPrisma, BackgroundPrisma],
    };
  }
}
