import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type AppParts } from './app.module.js';
import type { Environment } from './config/environment.js';
import { drainBeforeShutdown } from './drain-before-shutdown.js';
import { allowBodylessDelete } from './http/bodyless-delete.js';
import { noteRoutes } from './http/allowed-methods.js';
import { answerClientError } from './http/client-error.js';
import { canonicalParameters } from './http/canonical-parameters.js';
import { closeConnections } from './http/close-connections.js';
import { cleanForwardedFor } from './http/forwarded-for.js';
import { answerFrameworkError } from './http/framework-error.js';
import { FreeRequests } from './identity/free-requests.js';
import { harden } from './http/harden.js';
import { refuseRepeatedHeaders } from './http/single-headers.js';
import { createLogger } from './logger.js';
import { serveDocument } from './openapi/serve-docs.js';

// A tenant id of 128 characters, each percent-encoded where the router leaves it so.
const LONGEST_PARAMETER = 400;

/** The whole application over HTTP, not listening yet. */
export async function createApp(environment: Environment, parts?: AppParts): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: environment.BODY_LIMIT_BYTES,
    trustProxy: environment.TRUSTED_PROXIES.length > 0 ? [...environment.TRUSTED_PROXIES] : false,
    requestTimeout: 120_000,
    connectionTimeout: 130_000,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    genReqId: () => crypto.randomUUID(),
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(environment, parts),
    adapter,
    {
      logger: createLogger(environment),
      bodyParser: false,
    },
  );
  cleanForwardedFor(adapter.getInstance());
  noteRoutes(adapter.getInstance());
  app.get(FreeRequests).watch(adapter.getInstance());
  refuseRepeatedHeaders(adapter.getInstance());
  canonicalParameters(adapter.getInstance());
  allowBodylessDelete(adapter.getInstance());
  await harden(app);
  closeConnections(adapter.getInstance());
  serveDocument(app);
  drainBeforeShutdown(app, environment.SHUTDOWN_DRAIN_SECONDS);
  return app;
}
