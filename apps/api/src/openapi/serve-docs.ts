import type { INestApplication } from '@nestjs/common';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { refuseUndeclared } from '../http/declared.guard.js';
import { createDocument } from './document.js';

/** Pages to read and try the contract at /docs. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), { raw: false });
}

/** The contract itself at /openapi.json, made when it is first asked for. */
export function serveDocument(app: NestFastifyApplication): void {
  let document: OpenAPIObject | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get('/openapi.json', (request) => {
      refuseUndeclared(request, { query: new Set(), preconditions: [] });
      return (document ??= createDocument(app));
    });
}
