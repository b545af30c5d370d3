import type { FastifyInstance } from 'fastify';
import { Problem } from '../problems/problem.js';

/** Headers of requests that have one value. Those of lists (Prefer, If-Match, If-None-Match) may come in several lines. */
export const SINGLE_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'last-event-id',
  'x-admin-key',
  'x-tenant-id',
] as const;

/** Refuses one of these that is sent twice: which of the two counts must never depend on who reads it. */
export function refuseRepeatedHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', async ({ raw }) => {
    const name = SINGLE_HEADERS.find((one) => (raw.headersDistinct[one]?.length ?? 0) > 1);
    if (name === undefined) return;
    const times = raw.headersDistinct[name]!.length;
    throw new Problem('invalid_request', `The header ${name} was sent ${times} times; send it once.`);
  });
}
