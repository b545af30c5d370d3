import 'reflect-metadata';
import { readSettings } from '#settings';
import { Logger } from '@nestjs/common';
import { parseEnvironment } from './config/environment.js';
import { warnOfMisspelt } from './config/warn-of-misspelt.js';
import { createWorker } from './create-worker.js';
import { exitOnFailure } from './exit-on-failure.js';
import { HealthChecks } from './health/health-checks.js';
import { writeHeartbeats } from './health/heartbeat.js';

/** Runs jobs and serves no HTTP. */
await exitOnFailure(async () => {
  const settings = readSettings();
  const environment = parseEnvironment(settings);
  const app = await createWorker(environment);
  warnOfMisspelt(new Logger('Fairshare'), settings);
  writeHeartbeats(app.get(HealthChecks), environment.WORKER_HEARTBEAT_FILE);
});
