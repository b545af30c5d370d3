import helmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { refuseUndeclared } from './declared.guard.js';
import { PRECONDITIONS } from './preconditions.js';
import { checkJson, checkUrl } from './safe-json.js';

// Swagger's pages write their own script and style into themselves.
const PAGES =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/** What every answer says to browsers, and which bodies are read at all. */
export async function harden(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  // JSON is the only body; Fastify's own parser refuses `__proto__` and `constructor.prototype` in it.
  server.removeContentTypeParser('text/plain');
  server.addHook('preValidation', async (request) => {
    checkUrl(request.url);
    checkJson(request.body);
    // The guard that checks routes of controllers does not see files.
    if (isPage(request.url)) refuseUndeclared(request, { query: new Set(), preconditions: PRECONDITIONS });
  });
  server.addHook('onSend', async (request, reply) => {
    void reply.header('X-Request-Id', request.id);
    if (isPage(request.url)) void reply.header('Content-Security-Policy', PAGES);
    // What a tenant is told is for it alone.
    if (!reply.hasHeader('Cache-Control')) void reply.header('Cache-Control', 'no-store');
  });
  // Answers are data and no page: nothing in them may load, run or be framed. The pages at /docs have what they need.
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      useDefaults: false,
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}

/** The pages to read the contract, with their scripts and styles. */
function isPage(url: string): boolean {
  return /^\/docs(?:[/?]|$)/.test(url);
}
