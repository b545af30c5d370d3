import 'reflect-metadata';
import { readSettings } from '#settings';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { parseEnvironment } from './config/environment.js';
import { warnOfMisspelt } from './config/warn-of-misspelt.js';
import { exitOnFailure } from './exit-on-failure.js';
import { HealthChecks } from './health/health-checks.js';
import { writeHeartbeats } from './health/heartbeat.js';
import { createLogger } from './logger.js';

/** Runs jobs and serves no HTTP. */
await exitOnFailure(async () => {
  const settings = readSettings();
  const environment = { ...parseEnvironment(settings), WORKER: 'embedded' as const };
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(environment), {
    logger: createLogger(environment),
  });
  app.enableShutdownHooks();
  warnOfMisspelt(new Logger('Fairshare'), settings);
  writeHeartbeats(app.get(HealthChecks), environment.WORKER_HEARTBEAT_FILE);
});
