import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A DELETE without a body is fine whatever its Content-Type says: many clients send one with every request. */
export function allowBodylessDelete(server: FastifyInstance): void {
  server.addHook('preParsing', async (request, _reply, payload) => {
    if (request.method !== 'DELETE') return payload;
    if (await hasBody(request, payload)) return payload;
    // What Fastify chooses a parser by; without these it looks for no body.
    for (const name of ['content-type', 'transfer-encoding']) delete request.raw.headers[name];
    return payload;
  });
}

async function hasBody({ headers }: FastifyRequest, payload: Readable): Promise<boolean> {
  if (headers['transfer-encoding'] === undefined) return Number(headers['content-length'] ?? 0) > 0;
  for (;;) {
    const chunk = payload.read() as Buffer | null;
    if (chunk !== null) {
      payload.unshift(chunk);
      return true;
    }
    if (payload.readableEnded || payload.destroyed) return false;
    await Promise.race([once(payload, 'readable'), once(payload, 'end')]);
  }
}
