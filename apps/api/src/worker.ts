import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { parseEnvironment } from './config/environment.js';
import { exitOnFailure } from './exit-on-failure.js';
import { createLogger } from './logger.js';

/** Runs jobs and serves no HTTP. */
await exitOnFailure(async () => {
  const environment = { ...parseEnvironment(process.env), WORKER: 'embedded' as const };
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(environment), {
    logger: createLogger(environment),
  });
  app.enableShutdownHooks();
});
