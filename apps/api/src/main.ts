import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { parseEnvironment } from './config/environment.js';
import { createApp } from './create-app.js';
import { exitOnFailure } from './exit-on-failure.js';
import { serveDocs } from './openapi/serve-docs.js';

await exitOnFailure(async () => {
  const environment = parseEnvironment(process.env);
  const app = await createApp(environment);
  serveDocs(app);
  await app.listen(environment.PORT, environment.HOST);
  const logger = new Logger('Fairshare');
  if (environment.TENANT_AUTH === 'header') {
    logger.warn('TENANT_AUTH=header: whoever reaches this address may claim any tenant by X-Tenant-ID');
  }
  logger.log(`Listening on ${await app.getUrl()}`);
});
