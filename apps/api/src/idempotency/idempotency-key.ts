import { createHash } from 'node:crypto';
import { Problem } from '../problems/problem.js';

/** 1 to 255 printable characters; a Structured Fields string (`"…"`) names the same key as its bare text. */
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** The request's Idempotency-Key; undefined where it has none. Throws a problem for one that is no key. */
export function idempotencyKeyOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined) return undefined;
  const key = typeof given === 'string' ? unquote(given.trim()) : '';
  if (PRINTABLE.test(key)) return key;
  throw new Problem(
    'invalid_request',
    'Idempotency-Key must be 1 to 255 printable ASCII characters; a random UUID is a good one.',
    {
      fields: {
        errors: [{ field: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }],
      },
    },
  );
}

interface KeyedHttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: unknown;
}

/** SHA-256, so that neither keys nor bodies are kept. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * The same for two requests of one route whose bodies have the same members and values, however they were written. A
 * key is one request's: with another route or another body it is refused.
 */
export function fingerprintOf({ method, url, body }: KeyedHttpRequest): string {
  const members = JSON.stringify(Object.entries(body ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  // Without its route, as keys were kept before other routes honoured them: a repeat may reach an older node.
  return digest(method === 'POST' && url === '/query' ? members : `${method} ${url}\n${members}`);
}

function unquote(text: string): string {
  const inside = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1];
  return inside === undefined ? text : inside.replace(/\\(["\\])/g, '$1');
}
