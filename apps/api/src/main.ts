import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { readSettings } from '#settings';
import { parseEnvironment } from './config/environment.js';
import { warnOfMisspelt } from './config/warn-of-misspelt.js';
import { createApp } from './create-app.js';
import { exitOnFailure } from './exit-on-failure.js';
import { serveDocs } from './openapi/serve-docs.js';

await exitOnFailure(async () => {
  const settings = readSettings();
  const environment = parseEnvironment(settings);
  const app = await createApp(environment);
  serveDocs(app);
  await app.listen(environment.PORT, environment.HOST);
  const logger = new Logger('Fairshare');
  warnOfMisspelt(logger, settings);
  if (environment.TENANT_AUTH === 'header') {
    logger.warn('TENANT_AUTH=header: whoever reaches this address may claim any tenant by X-Tenant-ID');
  }
  logger.log(`Listening on ${await app.getUrl()}`);
});
