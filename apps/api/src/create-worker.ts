import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule, type AppParts } from './app.module.js';
import type { Environment } from './config/environment.js';
import { createLogger } from './logger.js';

/** The whole application without HTTP: it runs jobs until it is closed, whatever WORKER says. */
export async function createWorker(
  environment: Environment,
  parts?: AppParts,
): Promise<INestApplicationContext> {
  const settings = { ...environment, WORKER: 'embedded' as const };
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(settings, parts), {
    logger: createLogger(environment),
  });
  app.enableShutdownHooks();
  return app;
}
